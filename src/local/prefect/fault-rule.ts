import { callRuleSchema, overlappingFaults } from '../fault-schema.ts';
import type { FaultRule } from '../faults.ts';

const Rule = callRuleSchema({}, overlappingFaults);

/** Throws a ZodError that says what does not fit. */
export function parsePrefectFaultRule(value: unknown): FaultRule {
  return Rule.parse(value);
}
