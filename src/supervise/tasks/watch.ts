import { withoutAgents } from '../../core/task/aws-agent.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { StartLimits, TaskEnd } from '../../run/ports/task-follower.ts';
import { isNewer, isOlder } from '../../core/task/task-order.ts';
import { deadlineBy, deadlineOfLaunch, type StartDeadline } from './start-deadline.ts';

/**
 * One source's fact about a task. `askedAtMs` is when the question was sent: later changes are not
 * in the answer.
 */
export type TaskFact =
  /**
   * From an event that is believed because ECS does not answer. It shows an earlier moment and may
   * be late.
   */
  | { readonly kind: 'reported'; readonly task: EcsTask }
  /** From an answer of ECS. The next answer with this fingerprint says the same. */
  | {
      readonly kind: 'observed';
      readonly task: EcsTask;
      readonly fingerprint: string | undefined;
      readonly askedAtMs: number;
    }
  /** An answer with the fingerprint that the watch already has: nothing changed. */
  | { readonly kind: 'unchanged'; readonly askedAtMs: number }
  | { readonly kind: 'missing'; readonly askedAtMs: number }
  | { readonly kind: 'cluster-gone'; readonly askedAtMs: number };

/**
 * What is known of a followed task.
 *
 * - watching: a newer answer with a higher rank is stored and logged, and STOPPED ends it. The
 *   first answer that misses the task is dated; five minutes of them without a break end it.
 * - overdue (start timeout passed, StopTask sent): desiredStatus STOPPED ends it as timed out.
 *   RUNNING before the stop took effect: watching again. Missing as above.
 * - Either is ended when the cluster is gone. Once ended, nothing changes it.
 *
 * A repeated answer counts as seen again. A believed event counts as seen only if it is newer than
 * what is known, because it may be hours old. An answer that is older than what is known (lower
 * `version`, lower rank) only shows that the task is not missing. A task whose container has an
 * exit code did run, even if it ended between two rounds; judged as never started, a finished run
 * would be crashed (worker.md 9.2, 9.3).
 */
export interface Watch {
  /** Undefined: the task has started, or may take as long as it needs. */
  readonly start: { readonly deadline: StartDeadline; readonly limits: StartLimits } | undefined;
  readonly launchedAtMs: number;
  readonly lastSeen: EcsTask | undefined;
  /** The fingerprint of the answer behind `lastSeen`. Undefined: another source reported it. */
  readonly fingerprint: string | undefined;
  readonly wasRunning: boolean;
  readonly missingSinceMs: number | undefined;
  /** Set while StopTask is repeated because the start timeout passed. */
  readonly overdueSinceMs: number | undefined;
}

export type WatchStep =
  | { readonly kind: 'watching'; readonly watch: Watch; readonly changedTo: string | undefined }
  /**
   * The deadline had passed when the question was sent. The task must be stopped, unless its run is
   * Running by now.
   */
  | { readonly kind: 'overdue'; readonly watch: Watch; readonly changedTo: string | undefined }
  | { readonly kind: 'ended'; readonly end: TaskEnd; readonly changedTo: string | undefined };

/**
 * How long a task must be `MISSING` to count as ended. Right after RunTask it means "not yet
 * visible": a shorter grace crashes runs that have just started (aws-ecs.md B.4.1).
 */
export const missingGraceMs = 5 * 60_000;

export function startWatch(launchedAtMs: number, limits: StartLimits | undefined): Watch {
  return {
    launchedAtMs,
    start: limits && { deadline: deadlineOfLaunch(launchedAtMs, limits), limits },
    lastSeen: undefined,
    fingerprint: undefined,
    wasRunning: false,
    missingSinceMs: undefined,
    overdueSinceMs: undefined,
  };
}

/** Applies one fact and returns one step. Pure. */
export function observe(watch: Watch, fact: TaskFact): WatchStep {
  switch (fact.kind) {
    case 'cluster-gone':
      return {
        kind: 'ended',
        end: { kind: 'vanished', lastSeen: watch.lastSeen },
        changedTo: undefined,
      };
    case 'reported':
      return isNewer(fact.task, watch.lastSeen)
        ? // not an answer to a question, so the deadline does not judge it
          observeAnswer(watch, fact.task, undefined, -Infinity)
        : { kind: 'watching', watch, changedTo: undefined };
    case 'missing':
      return observeMissing(watch, fact.askedAtMs);
    case 'observed':
      return observeAnswer(watch, fact.task, fact.fingerprint, fact.askedAtMs);
    case 'unchanged':
      return observeUnchanged(watch, fact.askedAtMs);
  }
}

/** Prefect shows the run as Running. So the task did start, whatever ECS shows. */
export function startedAfterAll(watch: Watch): Watch {
  return { ...watch, wasRunning: true, start: undefined, overdueSinceMs: undefined };
}

function observeMissing(watch: Watch, askedAtMs: number): WatchStep {
  const missingSinceMs = watch.missingSinceMs ?? askedAtMs;
  if (askedAtMs - missingSinceMs >= missingGraceMs) {
    return {
      kind: 'ended',
      end: { kind: 'vanished', lastSeen: watch.lastSeen },
      changedTo: undefined,
    };
  }
  return { kind: 'watching', watch: { ...watch, missingSinceMs }, changedTo: undefined };
}

/** Most facts of a round end here. With 10,000 running tasks, this path must not allocate. */
function observeUnchanged(watch: Watch, askedAtMs: number): WatchStep {
  const { lastSeen, fingerprint, wasRunning, missingSinceMs } = watch;
  if (lastSeen === undefined || (wasRunning && missingSinceMs === undefined))
    return { kind: 'watching', watch, changedTo: undefined };
  return observeAnswer(watch, lastSeen, fingerprint, askedAtMs);
}

function observeAnswer(
  watch: Watch,
  task: EcsTask,
  fingerprint: string | undefined,
  askedAtMs: number,
): WatchStep {
  if (isOlder(task, watch.lastSeen)) {
    return {
      kind: 'watching',
      watch: { ...watch, missingSinceMs: undefined },
      changedTo: undefined,
    };
  }
  const changedTo = task.lastStatus === watch.lastSeen?.lastStatus ? undefined : task.lastStatus;
  const isRunning = task.lastStatus === 'RUNNING';
  const seen: Watch = {
    ...watch,
    lastSeen: kept(task, watch.lastSeen),
    fingerprint,
    missingSinceMs: undefined,
    wasRunning: watch.wasRunning || isRunning,
    start: startBy(task, watch, askedAtMs),
  };
  const ran =
    seen.wasRunning ||
    withoutAgents(task.containers).some(({ exitCode }) => exitCode !== undefined);
  if (watch.overdueSinceMs !== undefined && !ran && task.desiredStatus === 'STOPPED') {
    const elapsedSeconds = Math.round((watch.overdueSinceMs - watch.launchedAtMs) / 1000);
    const lastSeen = watch.lastSeen ?? task;
    return { kind: 'ended', end: { kind: 'start-timed-out', elapsedSeconds, lastSeen }, changedTo };
  }
  if (task.lastStatus === 'STOPPED') {
    return {
      kind: 'ended',
      end: { kind: 'stopped', task, wasRunning: seen.wasRunning },
      changedTo,
    };
  }
  if (seen.wasRunning) return { kind: 'watching', watch: startedAfterAll(seen), changedTo };
  if (seen.start !== undefined && askedAtMs > seen.start.deadline.atMs) {
    const overdueSinceMs = seen.overdueSinceMs ?? askedAtMs;
    return { kind: 'overdue', watch: { ...seen, overdueSinceMs }, changedTo };
  }
  return { kind: 'watching', watch: seen, changedTo };
}

/** Returns the same object if nothing changes: a round visits 10,000 tasks. */
function startBy(task: EcsTask, { start, launchedAtMs }: Watch, askedAtMs: number): Watch['start'] {
  if (start === undefined) return undefined;
  const deadline = deadlineBy(task, { launchedAtMs, ...start }, askedAtMs);
  return deadline === start.deadline ? start : { ...start, deadline };
}

/**
 * Reuses unchanged parts and drops tags, which no reader of a watch needs. At 10,000 tasks they
 * would cost megabytes a round.
 */
function kept(task: EcsTask, known: EcsTask | undefined): EcsTask {
  const isSame =
    known !== undefined &&
    task.version !== undefined &&
    task.version === known.version &&
    task.lastStatus === known.lastStatus &&
    task.desiredStatus === known.desiredStatus;
  return isSame ? known : { ...task, tags: {} };
}
