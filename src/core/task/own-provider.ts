import type { EcsTask } from './task.ts';

/**
 * The capacity provider of the cluster's own that a task is on: it may have to add an instance
 * first, while the task is PROVISIONING. Undefined: Fargate, or instances that are there.
 */
export function ownProviderOf({ capacityProviderName: name }: EcsTask): string | undefined {
  return name === 'FARGATE' || name === 'FARGATE_SPOT' ? undefined : name;
}

/** The provider that the task waits for to have an instance; undefined: it waits for none. */
export function awaitedProvider(task: EcsTask): string | undefined {
  return task.lastStatus === 'PROVISIONING' ? ownProviderOf(task) : undefined;
}
