/**
 * One container of a task in DescribeTasks. `exitCode` is absent if the container never started.
 */
export interface EcsContainer {
  readonly name: string | undefined;
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
  readonly lastStatus: string | undefined;
}

/** The overrides of one container from RunTask, if it has any. ECS lists all containers. */
export interface EcsOverride {
  readonly name: string | undefined;
  /** Its environment has `PREFECT__FLOW_RUN_ID`. */
  readonly namesFlowRun: boolean;
}

/**
 * An ECS task as RunTask, DescribeTasks or an event returns it, reduced to what the worker uses
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
  /** `FARGATE`, `FARGATE_SPOT`, or the name of the cluster's own provider. */
  readonly capacityProviderName?: string | undefined;
  /** Counts the task's changes: the higher version is newer. */
  readonly version: number | undefined;
  readonly createdAt: Date | undefined;
  readonly startedAt: Date | undefined;
  readonly containers: readonly EcsContainer[];
  /** Absent as soon as StopTask was called on the task. */
  readonly tags: Readonly<Record<string, string>>;
  /** The value of `PREFECT__FLOW_RUN_ID` in the task's overrides, if any container has one. */
  readonly flowRunIdInOverrides: string | undefined;
  /** Undefined: no overrides, or they were not read. */
  readonly overrides?: readonly EcsOverride[] | undefined;
}

/** One entry of `failures` in ECS's answer, unchanged. */
export interface EcsFailure {
  readonly arn: string | undefined;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
}
