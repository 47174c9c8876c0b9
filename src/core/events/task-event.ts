import { z } from 'zod';
import { withoutAgents } from '../task/aws-agent.ts';
import type { EcsOverride } from '../task/task.ts';

/** A container in an event. */
export interface EventContainer {
  readonly name: string | undefined;
  readonly containerArn: string | undefined;
  /** Absent: never started, or lost. Not the same as 0. */
  readonly exitCode: number | undefined;
}

/**
 * `detail` of an "ECS Task State Change" event, as far as a task's end is judged by it
 * (worker.md 10.1, aws-ecs.md B.8.1). Lenient: a field that cannot be read counts as missing. A
 * message that we refused would come back until it ends in the dead-letter queue.
 */
export interface TaskEventDetail {
  readonly taskArn: string | undefined;
  readonly lastStatus: string | undefined;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly containers: readonly EventContainer[];
  readonly overrides: readonly EcsOverride[];
}

/** Null, empty and unreadable all count as missing. */
const text = z
  .string()
  .transform((value) => (value === '' ? undefined : value))
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

const wholeNumber = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

/** The items that `item` can parse. Others are dropped. */
function listOf<T extends z.ZodType>(item: T): z.ZodType<readonly z.output<T>[]> {
  return z
    .array(z.unknown())
    .catch([])
    .transform((items) =>
      items.flatMap((value) => {
        const parsed = item.safeParse(value);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}

const Container = z
  .object({ name: text, containerArn: text, exitCode: wholeNumber })
  .transform(({ name, containerArn, exitCode }): EventContainer => ({
    name,
    containerArn,
    exitCode,
  }));

const Override = z
  .object({ name: text, environment: listOf(z.object({ name: text })) })
  .transform(({ name, environment }): EcsOverride => ({
    name,
    namesFlowRun: environment.some((variable) => variable.name === 'PREFECT__FLOW_RUN_ID'),
  }));

const Overrides = z
  .object({ containerOverrides: listOf(Override) })
  .catch({ containerOverrides: [] });

/** Parses a `detail`. Anything but an object is an event without information. */
export const TaskEventDetail = z
  .object({
    taskArn: text,
    lastStatus: text,
    stopCode: text,
    stoppedReason: text,
    containers: listOf(Container),
    overrides: Overrides,
  })
  .transform((wire): TaskEventDetail => ({
    taskArn: wire.taskArn,
    lastStatus: wire.lastStatus,
    stopCode: wire.stopCode,
    stoppedReason: wire.stoppedReason,
    containers: withoutAgents(wire.containers),
    overrides: withoutAgents(wire.overrides.containerOverrides),
  }))
  .catch({
    taskArn: undefined,
    lastStatus: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    containers: [],
    overrides: [],
  });
