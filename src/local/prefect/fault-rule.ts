import { z } from 'zod';
import { callRuleSchema, overlappingFaults } from '../fault-schema.ts';
import type { FaultRule } from '../faults.ts';

const Rule = callRuleSchema({ message: z.string().exactOptional() }, overlappingFaults);

/** Throws a ZodError that says what does not fit. */
export function parsePrefectFaultRule(value: unknown): FaultRule {
  return Rule.parse(value);
}
