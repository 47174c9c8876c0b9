import type { ContainerState } from './task.ts';
import type { ContainerDefinition } from './task-definitions.ts';

/** What can be done now about containers that have not started. */
export interface Turn {
  readonly ready: readonly string[];
  /** A container that can never start, because one that it waits for ended the wrong way. */
  readonly hopeless: { readonly name: string; readonly reason: string } | undefined;
}

/**
 * The containers that `dependsOn` allows to start now. Health checks are not run: a running
 * container counts as HEALTHY.
 */
export function nextTurn(
  definitions: readonly ContainerDefinition[],
  states: readonly ContainerState[],
): Turn {
  const stateOf = new Map(states.map((state) => [state.name, state]));
  const waiting = definitions.filter(({ name }) => stateOf.get(name)?.lastStatus === 'PENDING');
  const ready: string[] = [];
  for (const { name, dependsOn = [] } of waiting) {
    const verdicts = dependsOn.map(({ containerName, condition }) =>
      verdict(stateOf.get(containerName), condition),
    );
    if (verdicts.includes('never')) {
      const reason = 'TaskDependencyError: a container that this one depends on did not succeed.';
      return { ready: [], hopeless: { name, reason } };
    }
    if (verdicts.every((one) => one === 'met')) ready.push(name);
  }
  return { ready, hopeless: undefined };
}

function verdict(state: ContainerState | undefined, condition: string): 'met' | 'waits' | 'never' {
  const status = state?.lastStatus ?? 'PENDING';
  switch (condition) {
    case 'COMPLETE':
      return status === 'STOPPED' ? 'met' : 'waits';
    case 'SUCCESS':
      if (status !== 'STOPPED') return 'waits';
      return state?.exitCode === 0 ? 'met' : 'never';
    case 'HEALTHY':
      return status === 'RUNNING' ? 'met' : status === 'STOPPED' ? 'never' : 'waits';
    default: // START
      return status === 'PENDING' ? 'waits' : 'met';
  }
}

/**
 * Running containers that no other running container depends on. Containers stop in the reverse of
 * their start order
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html).
 */
export function freeToStop(
  definitions: readonly ContainerDefinition[],
  states: readonly ContainerState[],
): readonly string[] {
  const up = new Set(
    states.filter(({ lastStatus }) => lastStatus === 'RUNNING').map(({ name }) => name),
  );
  const neededBy = definitions
    .filter(({ name }) => up.has(name))
    .flatMap(({ dependsOn = [] }) => dependsOn.map(({ containerName }) => containerName));
  return [...up].filter((name) => !neededBy.includes(name));
}
