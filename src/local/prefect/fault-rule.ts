import { z } from 'zod';
import { callRuleSchema, overlappingFaults } from '../fault-schema.ts';
import type { FaultRule } from '../faults.ts';

const Rule = callRuleSchema({ message: z.string().exactOptional() }, overlappingFaults);

/** Throws a ZodError that explains the mismatch. */
export function parsePrefectFaultRule(value: unknown): FaultRule {
  return Rule.parse(value);
}
