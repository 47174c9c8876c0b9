import type { FlowRun, WorkPool, WorkQueue } from './records.ts';
import type { Timestamp } from './timestamps.ts';
import { countSlots } from './views.ts';
import type { World } from './world.ts';

export interface Poll {
  readonly queues: readonly WorkQueue[];
  readonly before: Timestamp | undefined;
  readonly after: Timestamp | undefined;
  readonly limit: number;
}

interface Found {
  readonly queue: WorkQueue;
  readonly run: FlowRun;
}

/**
 * The runs that a worker is offered: by queue priority, then by time, up to the free slots of queue
 * and pool.
 */
export function scheduledRuns(world: World, pool: WorkPool, poll: Poll): readonly Found[] {
  if (pool.is_paused) return [];
  const byQueue = dueRuns(world, poll);
  const found = poll.queues
    .filter((queue) => !queue.is_paused)
    .flatMap((queue) => {
      const runs = byQueue.get(queue.id) ?? [];
      return runs.slice(0, freeSlotsOf(world, queue)).map((run) => ({ queue, run }));
    });
  found.sort(
    (one, other) => one.queue.priority - other.queue.priority || compareDue(one.run, other.run),
  );
  return found.slice(0, Math.min(poll.limit, freeSlotsOfPool(world, pool)));
}

function freeSlotsOf(world: World, queue: WorkQueue): number {
  if (queue.concurrency_limit === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, queue.concurrency_limit - countSlots(world, new Set([queue.id])));
}

function freeSlotsOfPool(world: World, pool: WorkPool): number {
  if (pool.concurrency_limit === null) return Number.POSITIVE_INFINITY;
  const queues = new Set(world.queuesOf(pool).map((queue) => queue.id));
  return Math.max(0, pool.concurrency_limit - countSlots(world, queues));
}

function dueRuns(world: World, { queues, before, after }: Poll): Map<string, FlowRun[]> {
  const byQueue = new Map<string, FlowRun[]>(queues.map((queue) => [queue.id, []]));
  for (const run of world.runs.inStates('SCHEDULED')) {
    const list = run.work_queue_id === null ? undefined : byQueue.get(run.work_queue_id);
    if (list === undefined) continue;
    const due = run.next_scheduled_start_time;
    if (before !== undefined && (due === null || due > before)) continue;
    if (after !== undefined && (due === null || due < after)) continue;
    if (isKeptOut(world, run)) continue;
    list.push(run);
  }
  for (const list of byQueue.values()) list.sort(compareDue);
  return byQueue;
}

/** The process of a run that retries in-process still exists. */
function isKeptOut(world: World, run: FlowRun): boolean {
  return (
    run.empirical_policy.retry_type === 'in_process' && world.version.has('inProcessRetriesKeptOut')
  );
}

function compareDue(one: FlowRun, other: FlowRun): number {
  const mine = one.next_scheduled_start_time ?? '';
  const theirs = other.next_scheduled_start_time ?? '';
  return mine < theirs ? -1 : Number(mine > theirs);
}
