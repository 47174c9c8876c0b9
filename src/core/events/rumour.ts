import { hasSpotNotice } from './spot-notice.ts';
import { rankOf, type TaskStatus } from '../task/task-phase.ts';
import type { EcsTask } from '../task/task.ts';

/** What ECS itself has said of a followed task. */
export interface KnownOfTask {
  readonly lastSeen: EcsTask | undefined;
  readonly wasRunning: boolean;
}

/**
 * Whether an event of a followed task tells what would matter and ECS has not said: whoever may
 * send to the queue may have made it up, so ECS is asked (worker.md, 10.6 and 10.7,
 * Confirmation). By rank alone: a version in a message hides nothing.
 */
export function isWorthAsking(told: EcsTask, known: KnownOfTask): boolean {
  if (told.lastStatus === 'STOPPED') return true;
  if (!known.wasRunning && rankOf(told.lastStatus) >= rankOf('RUNNING')) return true;
  return hasSpotNotice(told) && !hasSpotNotice(known.lastSeen);
}

/** The one of two statuses that a task passes later; undefined: none was heard of. */
export function laterStatus(one: TaskStatus | undefined, other: TaskStatus): TaskStatus {
  return one === undefined || rankOf(other) > rankOf(one) ? other : one;
}

/** ECS forgets a stopped task after about so long. */
const rememberedMs = 3_600_000;

/**
 * Whether ECS may have forgotten the task of an event of that time; an event without a time is a
 * new one.
 */
export function isForgottenBy(occurred: string | undefined, nowMs: number): boolean {
  return occurred !== undefined && nowMs - Date.parse(occurred) > rememberedMs;
}
