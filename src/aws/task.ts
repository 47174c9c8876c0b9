import type { Container, Failure, Task } from '@aws-sdk/client-ecs';
import type { EcsContainer, EcsFailure, EcsTask } from '../core/task/task.ts';

/** The SDK's task in our words. Undefined for one without ARN: nobody can follow it. */
export function taskOf(task: Task): EcsTask | undefined {
  if (task.taskArn === undefined) return undefined;
  return {
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
    lastStatus: task.lastStatus ?? 'UNKNOWN',
    desiredStatus: task.desiredStatus,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    startedBy: task.startedBy,
    capacityProviderName: task.capacityProviderName,
    version: task.version,
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    containers: (task.containers ?? []).map(containerOf),
    tags: Object.fromEntries(
      (task.tags ?? []).flatMap((tag): [string, string][] =>
        tag.key === undefined ? [] : [[tag.key, tag.value ?? '']],
      ),
    ),
    flowRunIdInOverrides: flowRunIdOf(task),
    ...overridesOf(task),
  };
}

export function tasksOf(tasks: readonly Task[] | undefined): readonly EcsTask[] {
  return (tasks ?? []).map(taskOf).filter((task) => task !== undefined);
}

export function failuresOf(failures: readonly Failure[] | undefined): readonly EcsFailure[] {
  return (failures ?? []).map((failure) => ({
    arn: failure.arn,
    reason: failure.reason,
    detail: failure.detail,
  }));
}

function containerOf(container: Container): EcsContainer {
  return {
    name: container.name,
    exitCode: container.exitCode,
    reason: container.reason,
    lastStatus: container.lastStatus,
  };
}

function overridesOf(task: Task): Pick<EcsTask, 'overrides'> {
  const overrides = (task.overrides?.containerOverrides ?? [])
    .filter((override) =>
      Object.values(override).some((value) => value !== undefined && value !== override.name),
    )
    .map(({ name, environment = [] }) => ({
      name,
      namesFlowRun: environment.some((variable) => variable.name === 'PREFECT__FLOW_RUN_ID'),
    }));
  return overrides.length === 0 ? {} : { overrides };
}

function flowRunIdOf(task: Task): string | undefined {
  const variables = (task.overrides?.containerOverrides ?? []).flatMap(
    (container) => container.environment ?? [],
  );
  return variables.find((variable) => variable.name === 'PREFECT__FLOW_RUN_ID')?.value;
}
