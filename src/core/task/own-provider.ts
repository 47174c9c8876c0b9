import type { EcsTask } from './task.ts';

/**
 * The capacity provider of the cluster's own that a task is on: it may have to add an instance first, while the task is
 * PROVISIONING. Undefined: Fargate, or instances that are there.
 */
export function ownProviderOf({ capacityProviderName: name }: EcsTask): string | undefined {
  return name === 'FARGATE' || name === 'FARGATE_SPOT' ? undefined : name;
}

/** It waits for its capacity provider to have an instance for it. */
export function waitsForInstance(task: EcsTask): boolean {
  return task.lastStatus === 'PROVISIONING' && ownProviderOf(task) !== undefined;
}
