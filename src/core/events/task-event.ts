import { z } from 'zod';

/** A container as an event tells it. */
export interface EventContainer {
  readonly name: string | undefined;
  readonly containerArn: string | undefined;
  /** Absent: never started, or lost. Absent is not 0. */
  readonly exitCode: number | undefined;
}

/** An override of an event. EventBridge may withhold the values of an environment, so only the name is looked for. */
export interface EventOverride {
  readonly name: string | undefined;
  readonly namesFlowRun: boolean;
}

/**
 * `detail` of an "ECS Task State Change" event, as far as a death is judged by it. Lenient: a field that cannot be read
 * counts as missing, for a message that is refused comes back until it is lost. Source: ecs-worker.md 10.1, aws-ecs.md B.8.
 */
export interface TaskEventDetail {
  readonly taskArn: string | undefined;
  readonly lastStatus: string | undefined;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly containers: readonly EventContainer[];
  readonly overrides: readonly EventOverride[];
}

/** Null, empty and unreadable are all "missing". */
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

/** A list of what `item` can read; the rest is left out. */
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
  .looseObject({ name: text, containerArn: text, exitCode: wholeNumber })
  .transform(({ name, containerArn, exitCode }): EventContainer => ({ name, containerArn, exitCode }));

const Override = z
  .looseObject({ name: text, environment: listOf(z.looseObject({ name: text })) })
  .transform(({ name, environment }): EventOverride => ({
    name,
    namesFlowRun: environment.some((variable) => variable.name === 'PREFECT__FLOW_RUN_ID'),
  }));

const Overrides = z.looseObject({ containerOverrides: listOf(Override) }).catch({ containerOverrides: [] });

/** Parses a `detail`; anything that is no object is an event that says nothing. */
export const TaskEventDetail = z
  .looseObject({
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
    containers: wire.containers,
    overrides: wire.overrides.containerOverrides,
  }))
  .catch({
    taskArn: undefined,
    lastStatus: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    containers: [],
    overrides: [],
  });
