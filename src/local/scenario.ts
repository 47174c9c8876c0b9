import { z } from 'zod';
import { readJson } from '../kernel/json-text.ts';
import { parseFaultRule, type AwsFaultRule } from './aws/faults/aws-faults.ts';
import type { FaultRule } from './faults.ts';
import { inWords } from './in-words.ts';
import { parsePrefectFaultRule } from './prefect/fault-rule.ts';

/** The faults to inject, from a file. */
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
 * A scenario file: `{"seed": 7, "aws": [rules], "prefect": [rules]}`, with optional parts, or just
 * a list of AWS rules. Throws an Error that names the rule and the mismatch.
 */
export function parseScenario(text: string): Scenario {
  const read = readJson(text);
  if (read.kind === 'no-json') throw new Error(`the scenario is not valid JSON: ${read.flaw}`);
  const whole = Array.isArray(read.value) ? { aws: read.value } : read.value;
  const { seed, aws, prefect } = inWords('scenario', whole, (document) => Parts.parse(document));
  return {
    seed,
    aws: aws.map((rule, index) => inWords(`aws[${index}]`, rule, parseFaultRule)),
    prefect: prefect.map((rule, index) =>
      inWords(`prefect[${index}]`, rule, parsePrefectFaultRule),
    ),
  };
}
