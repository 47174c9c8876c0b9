import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import type { Random } from '../../../kernel/random.ts';
import { Faults, type FaultRule } from '../../faults.ts';
import { callRuleSchema, occasion } from '../../fault-schema.ts';
import { startFailures } from '../ecs/course.ts';
import { EventFaults, type EventFaultRule } from './event-faults.ts';
import { LogFaults, type LogFaultRule } from './log-faults.ts';
import { TaskFaults, type TaskFaultRule } from './task-faults.ts';

/** A fault of calls, tasks, events or log lines, as one JSON object. */
export type AwsFaultRule = FaultRule | TaskFaultRule | EventFaultRule | LogFaultRule;

const ms = z.number().min(0);
// the keys of a literal
const failureNames = Object.keys(startFailures) as [keyof typeof startFailures];

const CallRule = callRuleSchema(
  { code: z.string().exactOptional(), message: z.string().exactOptional() },
  [],
);
const TaskRule = z.strictObject({
  task: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('start-failure'),
      failure: z.union([z.enum(failureNames), z.strictObject({ reason: z.string() })]),
    }),
    z.strictObject({ kind: z.literal('slow-start'), ms }),
    z.strictObject({ kind: z.literal('out-of-memory'), afterMs: ms }),
    z.strictObject({ kind: z.literal('spot-interruption'), afterMs: ms }),
    z.strictObject({ kind: z.literal('host-retired'), afterMs: ms }),
    z.strictObject({ kind: z.literal('host-lost'), afterMs: ms }),
    z.strictObject({ kind: z.literal('vanish'), afterMs: ms }),
  ]),
  family: z.string().exactOptional(),
  startedBy: z.string().exactOptional(),
  ...occasion,
});
const EventRule = z.strictObject({
  event: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('lost') }),
    z.strictObject({ kind: z.literal('doubled'), ms }),
    z.strictObject({ kind: z.literal('reordered'), ms }),
    z.strictObject({ kind: z.literal('late'), ms }),
  ]),
  lastStatus: z.string().exactOptional(),
  ...occasion,
});
const LogRule = z.strictObject({
  log: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('gap') }),
    z.strictObject({ kind: z.literal('empty-page') }),
    z.strictObject({ kind: z.literal('late'), ms }),
  ]),
  group: z.string().exactOptional(),
  ...occasion,
});

const kinds = { operation: CallRule, task: TaskRule, event: EventRule, log: LogRule } as const;

/** Throws a ZodError that explains the mismatch. */
export function parseFaultRule(value: unknown): AwsFaultRule {
  const { data } = z.record(z.string(), z.unknown()).safeParse(value);
  // Chosen by its key, so that the error describes the kind of rule that was meant.
  const kind = (['task', 'event', 'log'] as const).find(
    (name) => data !== undefined && name in data,
  );
  return kinds[kind ?? 'operation'].parse(value);
}

/** All faults of a local AWS. */
export class AwsFaults {
  readonly calls: Faults;
  readonly tasks = new TaskFaults();
  readonly events = new EventFaults();
  readonly logs = new LogFaults();

  constructor(clock: Clock, random: Random) {
    this.calls = new Faults(clock, random);
  }

  /**
   * Adds a rule; disposing of the result removes it. For each kind, the first rule that matches
   * decides.
   */
  add(rule: AwsFaultRule): Disposable {
    if ('task' in rule) return this.tasks.add(rule);
    if ('event' in rule) return this.events.add(rule);
    if ('log' in rule) return this.logs.add(rule);
    return this.calls.add(rule);
  }

  addAll(rules: readonly AwsFaultRule[]): Disposable {
    const added = rules.map((rule) => this.add(rule));
    return { [Symbol.dispose]: () => added.forEach((one) => one[Symbol.dispose]()) };
  }

  clear(): void {
    for (const faults of [this.calls, this.tasks, this.events, this.logs]) faults.clear();
  }
}
