import { rankOf, type TaskStatus } from './task-phase.ts';
import type { EcsTask } from './task.ts';

/** Whether one description of a task is older than another. */
export function isOlder(task: EcsTask, known: EcsTask | undefined): boolean {
  if (known === undefined) return false;
  if (task.version !== undefined && known.version !== undefined && task.version !== known.version) {
    return task.version < known.version;
  }
  return rankOf(statusOf(task)) < rankOf(statusOf(known));
}

/**
 * Whether one description of a task is newer: by version if both have one, else by rank of status.
 */
export function isNewer(task: EcsTask, known: EcsTask | undefined): boolean {
  if (known === undefined) return true;
  if (task.version !== undefined && known.version !== undefined)
    return task.version > known.version;
  return rankOf(statusOf(task)) > rankOf(statusOf(known));
}

function statusOf(task: EcsTask): TaskStatus {
  return task.lastStatus;
}
