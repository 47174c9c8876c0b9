import type { EcsTask } from './task.ts';

/**
 * The task's capacity provider, if it is the cluster's own: it may have to add an instance first,
 * while the task is PROVISIONING. Undefined: Fargate, or existing instances.
 */
export function ownProviderOf({ capacityProviderName: name }: EcsTask): string | undefined {
  return name === 'FARGATE' || name === 'FARGATE_SPOT' ? undefined : name;
}

/** The capacity provider whose instance the task waits for, if any. */
export function awaitedProvider(task: EcsTask): string | undefined {
  return task.lastStatus === 'PROVISIONING' ? ownProviderOf(task) : undefined;
}
