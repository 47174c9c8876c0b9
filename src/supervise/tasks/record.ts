import type { EcsTask } from '../../core/task/task.ts';
import type { TaskStatus } from '../../core/task/task-phase.ts';
import type { LaunchedTask, TaskEnd } from '../../run/ports/task-follower.ts';
import type { StopTrouble } from './stop-overdue.ts';
import type { BatchFacts } from './task-batch.ts';
import type { Watch } from './watch.ts';

/** A followed task: one record a claim. */
export interface Record {
  readonly task: LaunchedTask;
  /** Changed by answers of ECS only. */
  watch: Watch;
  /** The latest status in an event. */
  heard: TaskStatus | undefined;
  /** The event that describes an end which ECS has forgotten. */
  oldWords: EcsTask | undefined;
  readonly end: (end: TaskEnd) => void;
  isStopping: boolean;
  /** Undefined: no attempt to stop the task has failed. */
  trouble: StopTrouble | undefined;
}

/** If ECS has forgotten the task, its event explains the end. */
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
