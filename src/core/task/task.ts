/**
 * One container of a task as DescribeTasks tells it. `exitCode` is absent when the container never
 * started.
 */
export interface EcsContainer {
  readonly name: string | undefined;
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
  readonly lastStatus: string | undefined;
}

/**
 * What RunTask changed of one container of a task. Only what was changed at all: ECS lists each
 * container.
 */
export interface EcsOverride {
  readonly name: string | undefined;
  /** Its environment has `PREFECT__FLOW_RUN_ID`. */
  readonly namesFlowRun: boolean;
}

/**
 * An ECS task as RunTask, DescribeTasks or an event returns it, reduced to what we act upon
 * (aws-ecs.md A.5, B.1).
 */
export interface EcsTask {
  readonly taskArn: string;
  readonly clusterArn: string | undefined;
  readonly taskDefinitionArn: string | undefined;
  readonly lastStatus: string;
  readonly desiredStatus: string | undefined;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly startedBy: string | undefined;
  /** `FARGATE`, `FARGATE_SPOT`, or the name of a provider of the cluster's own. */
  readonly capacityProviderName?: string | undefined;
  /** Counts the task's changes; of two facts the one with the higher version is the newer. */
  readonly version: number | undefined;
  readonly createdAt: Date | undefined;
  readonly startedAt: Date | undefined;
  readonly containers: readonly EcsContainer[];
  /** Gone as soon as StopTask was called on the task. */
  readonly tags: Readonly<Record<string, string>>;
  /** The value of `PREFECT__FLOW_RUN_ID` in the task's overrides, if any container has one. */
  readonly flowRunIdInOverrides: string | undefined;
  /** Undefined: nothing was changed, or it was not read. */
  readonly overrides?: readonly EcsOverride[] | undefined;
}

/** One entry of `failures` in an answer of ECS, as it came. */
export interface EcsFailure {
  readonly arn: string | undefined;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
}
