import type { Container, Failure, Task } from '@aws-sdk/client-ecs';
import type { EcsContainer, EcsFailure, EcsTask } from '../core/task/task.ts';

/**
 * Converts the SDK's task. Undefined for a task without an ARN, which cannot be followed. The SDK
 * does not validate answers: a member of the wrong type counts as absent, so that one odd task does
 * not hide the others of its page.
 */
export function taskOf(told: Task): EcsTask | undefined {
  const task = recordOf(told);
  const taskArn = textIn(task.taskArn);
  if (taskArn === undefined) return undefined;
  return {
    taskArn,
    clusterArn: textIn(task.clusterArn),
    taskDefinitionArn: textIn(task.taskDefinitionArn),
    lastStatus: textIn(task.lastStatus) ?? 'UNKNOWN',
    desiredStatus: textIn(task.desiredStatus),
    stopCode: textIn(task.stopCode),
    stoppedReason: textIn(task.stoppedReason),
    startedBy: textIn(task.startedBy),
    capacityProviderName: textIn(task.capacityProviderName),
    version: numberIn(task.version),
    createdAt: dateIn(task.createdAt),
    startedAt: dateIn(task.startedAt),
    containers: recordsIn(task.containers).map(containerOf),
    tags: Object.fromEntries(
      recordsIn(task.tags).flatMap(({ key, value }): [string, string][] =>
        textIn(key) === undefined ? [] : [[String(key), textIn(value) ?? '']],
      ),
    ),
    flowRunIdInOverrides: flowRunIdOf(task),
    ...overridesOf(task),
  };
}

export function tasksOf(tasks: readonly Task[] | undefined): readonly EcsTask[] {
  return recordsIn(tasks)
    .map(taskOf)
    .filter((task) => task !== undefined);
}

export function failuresOf(failures: readonly Failure[] | undefined): readonly EcsFailure[] {
  return recordsIn(failures).map(({ arn, reason, detail }) => ({
    arn: textIn(arn),
    reason: textIn(reason),
    detail: textIn(detail),
  }));
}

function containerOf({ name, exitCode, reason, lastStatus }: Container): EcsContainer {
  return {
    name: textIn(name),
    exitCode: numberIn(exitCode),
    reason: textIn(reason),
    lastStatus: textIn(lastStatus),
  };
}

function overridesOf({ overrides }: Task): Pick<EcsTask, 'overrides'> {
  const named = recordsIn(recordOf(overrides).containerOverrides)
    .filter((override) =>
      Object.values(override).some((value) => value !== undefined && value !== override.name),
    )
    .map(({ name, environment }) => ({
      name: textIn(name),
      namesFlowRun: recordsIn(environment).some(
        (variable) => variable.name === 'PREFECT__FLOW_RUN_ID',
      ),
    }));
  return named.length === 0 ? {} : { overrides: named };
}

function flowRunIdOf({ overrides }: Task): string | undefined {
  const containers = recordsIn(recordOf(overrides).containerOverrides);
  const variables = containers.flatMap(({ environment }) => recordsIn(environment));
  return textIn(variables.find((variable) => variable.name === 'PREFECT__FLOW_RUN_ID')?.value);
}

function recordOf<T extends object>(value: T | undefined): Partial<T> {
  return typeof value === 'object' && value !== null ? value : {};
}

function recordsIn<T extends object>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list)
    ? list.filter((item) => typeof item === 'object' && item !== null)
    : [];
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function dateIn(value: unknown): Date | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined;
}
