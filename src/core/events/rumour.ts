import { hasSpotNotice } from './spot-notice.ts';
import { rankOf, type TaskStatus } from '../task/task-phase.ts';
import type { EcsTask } from '../task/task.ts';

/** The last answer from ECS about a followed task. */
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

/** The later of two statuses. Undefined: none is known. */
export function laterStatus(one: TaskStatus | undefined, other: TaskStatus): TaskStatus {
  return one === undefined || rankOf(other) > rankOf(one) ? other : one;
}

/** How long ECS remembers a stopped task, approximately. */
const rememberedMs = 3_600_000;

/**
 * Whether ECS may have forgotten the task of an event with this time. An event without a time
 * counts as new.
 */
export function isForgottenBy(occurred: string | undefined, nowMs: number): boolean {
  return occurred !== undefined && nowMs - Date.parse(occurred) > rememberedMs;
}
