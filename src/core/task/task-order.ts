import { rankOf, type TaskStatus } from './task-phase.ts';
import type { EcsTask } from './task.ts';

/** Whether an answer tells of an earlier moment than another. */
export function isOlder(task: EcsTask, known: EcsTask | undefined): boolean {
  if (known === undefined) return false;
  if (task.version !== undefined && known.version !== undefined && task.version !== known.version) {
    return task.version < known.version;
  }
  return rankOf(statusOf(task)) < rankOf(statusOf(known));
}

/**
 * Whether one fact of a task tells more than another: a higher version, where both have one, else a
 * higher rank.
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
