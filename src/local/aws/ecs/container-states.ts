import { isSaidByContainer } from './course.ts';
import type { ContainerExit } from './executor.ts';
import type { ContainerState, Task } from './task.ts';

/** The containers of a task that fails to start: one of them has the reason, if any has. */
export function failedToStart(
  { state }: Task,
  reason: string,
  containerName: string | undefined,
): readonly ContainerState[] {
  const says = containerName ?? (isSaidByContainer(reason) ? state.containers[0]?.name : undefined);
  return state.containers.map((container) =>
    container.name === says && container.exitCode === undefined
      ? { ...container, reason }
      : container,
  );
}

export function exited(
  { state }: Task,
  name: string,
  { exitCode, reason }: ContainerExit,
): readonly ContainerState[] {
  return state.containers.map((container): ContainerState =>
    container.name === name ? { ...container, lastStatus: 'STOPPED', exitCode, reason } : container,
  );
}

export function allStopped({ state }: Task): readonly ContainerState[] {
  return state.containers.map((container): ContainerState => ({
    ...container,
    lastStatus: 'STOPPED',
  }));
}

/** A container without the field is essential, as on ECS. */
export function isEssential({ definition }: Task, name: string): boolean {
  const { containerDefinitions } = definition.document;
  return containerDefinitions.find((container) => container.name === name)?.essential !== false;
}
