/**
 * The statuses of a task in the order in which it passes them. An observer may miss any of them, so
 * compare by rank: a status of lower rank than one already seen is old news (aws-ecs.md B.1).
 */
const statuses = [
  'UNKNOWN',
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
  'DELETED',
] as const;

/** A status that ECS names; one that we do not know ranks lowest. */
export type TaskStatus = string;

export function rankOf(status: TaskStatus): number {
  return Math.max(
    0,
    statuses.findIndex((known) => known === status),
  );
}
