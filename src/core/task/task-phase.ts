/**
 * The statuses of a task in order. Observers may miss any of them, so compare by rank: a status of
 * lower rank than one already seen is outdated (aws-ecs.md B.1).
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

/** An unknown status has the lowest rank. */
export type TaskStatus = string;

export function rankOf(status: TaskStatus): number {
  return Math.max(
    0,
    statuses.findIndex((known) => known === status),
  );
}
