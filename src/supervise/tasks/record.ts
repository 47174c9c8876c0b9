import type { EcsTask } from '../../core/task/task.ts';
import type { TaskStatus } from '../../core/task/task-phase.ts';
import type { LaunchedTask, TaskEnd } from '../../run/ports/task-follower.ts';
import type { StopTrouble } from './stop-overdue.ts';
import type { BatchFacts } from './task-batch.ts';
import type { Watch } from './watch.ts';

/** A task that is followed: one record a claim. */
export interface Record {
  readonly task: LaunchedTask;
  /** By what ECS said alone. */
  watch: Watch;
  /** The latest status that an event told. */
  heard: TaskStatus | undefined;
  /** An event's words for an end that ECS has forgotten. */
  oldWords: EcsTask | undefined;
  readonly end: (end: TaskEnd) => void;
  isStopping: boolean;
  /** Undefined: stopping it has not failed. */
  trouble: StopTrouble | undefined;
}

/** What ECS has forgotten is explained by the event that told of it. */
export function endFor(end: TaskEnd, oldWords: EcsTask | undefined): TaskEnd {
  return end.kind === 'vanished' ? { ...end, lastSeen: oldWords ?? end.lastSeen } : end;
}

export function factsOf(records: ReadonlyMap<string, Record>): BatchFacts {
  const starting: string[] = [];
  const running: string[] = [];
  let intervalSeconds = Infinity;
  let startDeadlineMs = Infinity;
  for (const [taskArn, { task, watch }] of records) {
    if (watch.wasRunning) running.push(taskArn);
    else starting.push(taskArn);
    if (task.pollIntervalSeconds < intervalSeconds) intervalSeconds = task.pollIntervalSeconds;
    if (watch.start !== undefined && watch.start.deadline.atMs < startDeadlineMs)
      startDeadlineMs = watch.start.deadline.atMs;
  }
  return {
    taskArns: [...starting, ...running],
    intervalMs: intervalSeconds * 1000,
    startDeadlineMs,
  };
}
