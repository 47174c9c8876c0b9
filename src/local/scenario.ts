import { z } from 'zod';
import { parseFaultRule, type AwsFaultRule } from './aws/faults/aws-faults.ts';
import type { FaultRule } from './faults.ts';
import { parsePrefectFaultRule } from './prefect/fault-rule.ts';

/** What is to go wrong, from a file. */
export interface Scenario {
  /** The same seed, and the same calls in the same order, give the same faults. */
  readonly seed: number | undefined;
  readonly aws: readonly AwsFaultRule[];
  readonly prefect: readonly FaultRule[];
}

const rules = z.array(z.unknown());
const Parts = z.strictObject({
  seed: z.number().int().min(0).optional(),
  aws: rules.default([]),
  prefect: rules.default([]),
});

/**
 * A scenario file: `{"seed": 7, "aws": [rules], "prefect": [rules]}`, each part optional, or just the rules of the AWS as a
 * list. Throws an Error whose message names the rule and what does not fit.
 */
export function parseScenario(text: string): Scenario {
  const value: unknown = JSON.parse(text);
  const { seed, aws, prefect } = read('scenario', () =>
    Parts.parse(Array.isArray(value) ? { aws: value } : value),
  );
  return {
    seed,
    aws: aws.map((rule, index) => read(`aws[${index}]`, () => parseFaultRule(rule))),
    prefect: prefect.map((rule, index) => read(`prefect[${index}]`, () => parsePrefectFaultRule(rule))),
  };
}

function read<T>(place: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new Error(`${place}: ${z.prettifyError(error)}`, { cause: error });
  }
}
