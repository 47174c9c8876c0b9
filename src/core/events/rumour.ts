import { hasSpotNotice } from './spot-notice.ts';
import { rankOf, type TaskStatus } from '../task/task-phase.ts';
import type { EcsTask } from '../task/task.ts';

/** What ECS itself has said of a followed task. */
export interface KnownOfTask {
  readonly lastSeen: EcsTask | undefined;
  readonly wasRunning: boolean;
}

/**
 * Whether an event reports a change of a followed task that ECS has not shown yet. Anybody who can
 * write to the queue can forge one, so ECS is asked before anything ends (worker.md 10.11). Only
 * the rank of the status counts: a forged version number must not hide a real change.
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
