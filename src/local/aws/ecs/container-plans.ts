import type { AccountParts } from '../account-parts.ts';
import type { LocalAwsDeps } from '../deps.ts';
import type { ContainerPlan, TaskPlan } from './executor.ts';
import type { ContainerOverride } from './run-task-input.ts';
import { startFailures } from './course.ts';
import type { Task } from './task.ts';
import type { ContainerDefinition } from './task-definitions.ts';

/** The executor's view of a task. `names`: the containers that may start now. */
export function taskPlan(
  task: Task,
  names: readonly string[],
  account: AccountParts,
  deps: LocalAwsDeps,
): TaskPlan {
  return {
    taskId: task.id,
    taskArn: task.arn,
    clusterName: task.cluster.name,
    family: task.definition.family,
    startedBy: task.input.startedBy,
    launchType: task.placement.launchType,
    capacityProviderName: task.placement.capacityProvider,
    containers: task.definition.document.containerDefinitions
      .filter((definition) => names.includes(definition.name))
      .map((definition) => containerPlan(task, definition, account, deps)),
  };
}

/** Why a container's log driver cannot start. Creates the log group if the options say so. */
export function logProblem(
  definition: ContainerDefinition,
  account: AccountParts,
): string | undefined {
  const log = definition.logConfiguration;
  if (log?.logDriver !== 'awslogs') return undefined;
  const group = log.options?.['awslogs-group'] ?? '';
  if (account.logs.has(group)) return undefined;
  if (log.options?.['awslogs-create-group'] === 'true') {
    account.logs.createGroup(group);
    return undefined;
  }
  return startFailures['log-group'].reason;
}

function containerPlan(
  task: Task,
  definition: ContainerDefinition,
  account: AccountParts,
  deps: LocalAwsDeps,
): ContainerPlan {
  const override = (task.input.overrides?.containerOverrides ?? []).find(
    (item) => item.name === definition.name,
  );
  return {
    name: definition.name,
    image: definition.image ?? '',
    isEssential: definition.essential !== false,
    command: [...(definition.entryPoint ?? []), ...(override?.command ?? definition.command ?? [])],
    environment: { ...variablesOf(definition.environment), ...variablesOf(override?.environment) },
    onLine: lineSink(task, definition, account, deps),
  };
}

function variablesOf(items: ContainerOverride['environment']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (items ?? []).flatMap(({ name, value }): [string, string][] =>
      name === undefined ? [] : [[name, value ?? '']],
    ),
  );
}

/**
 * The awslogs driver writes to `prefix/container/task id`. Without a driver, a line is shown but
 * not stored.
 */
function lineSink(
  task: Task,
  definition: ContainerDefinition,
  account: AccountParts,
  deps: LocalAwsDeps,
): (line: string) => void {
  const log = definition.logConfiguration;
  const options = log?.options ?? {};
  if (log?.logDriver !== 'awslogs') {
    return (line) => deps.log.info(`task ${task.id.slice(0, 8)} ${definition.name}: ${line}`);
  }
  const group = options['awslogs-group'] ?? '';
  const prefix = options['awslogs-stream-prefix'];
  const stream = prefix === undefined ? task.id : `${prefix}/${definition.name}/${task.id}`;
  return (line) => account.logs.append(group, stream, line);
}
