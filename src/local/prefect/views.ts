import type { ConcurrencyLimit } from './concurrency-limits.ts';
import type { Deployment, FlowRun, TaskRun, Timing, WorkPool, WorkQueue } from './records.ts';
import { isFinal, type State } from './state.ts';
import { secondsBetween } from './timestamps.ts';
import type { World } from './world.ts';

/** Rows as answers show them, with members that are computed on reading. */

const slotHolders = ['PENDING', 'RUNNING'] as const;

/** Runs that hold a slot of a pool or queue: Pending and Running ones, also in paused queues. */
export function* slotHoldersOf(world: World, queueIds: ReadonlySet<string>): Iterable<FlowRun> {
  for (const run of world.runs.inStates(...slotHolders)) {
    if (run.work_queue_id !== null && queueIds.has(run.work_queue_id)) yield run;
  }
}

export function countSlots(world: World, queueIds: ReadonlySet<string>): number {
  return [...slotHoldersOf(world, queueIds)].length;
}

export function showPool(
  world: World,
  pool: WorkPool,
  clientVersion?: string,
): Record<string, unknown> {
  const { storage_configuration: storage, ...shown } = pool;
  const queues = new Set(world.queuesOf(pool).map((queue) => queue.id));
  return {
    ...shown,
    ...(world.version.has('storageConfiguration') && {
      storage_configuration: hidesResultBlock(clientVersion)
        ? withoutResultBlock(storage)
        : storage,
    }),
    ...(world.version.has('concurrencyStatus') && {
      active_slots: pool.concurrency_limit === null ? null : countSlots(world, queues),
    }),
  };
}

/** Clients up to 3.3.7 cannot read this field. */
function hidesResultBlock(clientVersion: string | undefined): boolean {
  if (clientVersion === undefined) return false;
  const [major = 0, minor = 0, patch = 0] = clientVersion
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return major < 3 || (major === 3 && (minor < 3 || (minor === 3 && patch <= 7)));
}

function withoutResultBlock(storage: WorkPool['storage_configuration']): Record<string, unknown> {
  const { bundle_upload_step, bundle_execution_step } = storage;
  return { bundle_upload_step, bundle_execution_step };
}

export function showQueue(world: World, queue: WorkQueue): Record<string, unknown> {
  return {
    ...queue,
    work_pool_name: world.pools.get(queue.work_pool_id)?.name ?? null,
    ...(world.version.has('concurrencyStatus') && {
      active_slots:
        queue.concurrency_limit === null ? null : countSlots(world, new Set([queue.id])),
    }),
  };
}

export function showLimit(world: World, limit: ConcurrencyLimit): Record<string, unknown> {
  const { id, created, updated, active, name, slot_decay_per_second } = limit;
  const active_slots = world.limits.activeSlots(limit);
  return {
    id,
    created,
    updated,
    active,
    name,
    limit: limit.limit,
    active_slots,
    slot_decay_per_second,
  };
}

export function showDeployment(world: World, deployment: Deployment): Record<string, unknown> {
  const { concurrency_limit_id: limitId, ...shown } = deployment;
  const queue =
    deployment.work_queue_id === null ? undefined : world.queues.get(deployment.work_queue_id);
  const limit = limitId === null ? undefined : world.limits.rows.get(limitId);
  return {
    ...shown,
    concurrency_limit: null, // as the server answers: the limit is shown below
    global_concurrency_limit: limit === undefined ? null : showLimit(world, limit),
    work_queue_name: queue?.name ?? deployment.work_queue_name,
    work_pool_name: world.poolOfQueue(deployment.work_queue_id)?.name ?? null,
    created_by: null,
    updated_by: null,
  };
}

export function showFlowRun(world: World, run: FlowRun): Record<string, unknown> {
  const queue = run.work_queue_id === null ? undefined : world.queues.get(run.work_queue_id);
  const pool = world.poolOfQueue(run.work_queue_id);
  return {
    ...showPolledRun(world, run),
    state: run.state,
    work_queue_name: queue?.name ?? run.work_queue_name,
    work_pool_id: pool?.id ?? null,
    work_pool_name: pool?.name ?? null,
  };
}

/**
 * A run in a poll's answer: without its state and pool, and with its queue's name only on request.
 */
export function showPolledRun(world: World, run: FlowRun): Record<string, unknown> {
  return {
    ...run,
    created_by: null,
    state_id: run.state.id,
    state_type: run.state.type,
    state_name: run.state.name,
    ...estimates(world, run, run.state),
    state: null,
  };
}

export function showTaskRun(world: World, task: TaskRun): Record<string, unknown> {
  return {
    ...task,
    state_id: task.state?.id ?? null,
    state_type: task.state?.type ?? null,
    state_name: task.state?.name ?? null,
    ...estimates(world, task, task.state),
  };
}

function estimates(world: World, run: Timing, state: State | null): Record<string, number> {
  const now = world.now();
  const running = state?.type === 'RUNNING' ? Math.max(0, secondsBetween(state.timestamp, now)) : 0;
  return {
    estimated_run_time: run.total_run_time + running,
    estimated_start_time_delta: lateness(run, state, now),
  };
}

function lateness(run: Timing, state: State | null, now: string): number {
  const expected = run.expected_start_time;
  if (expected === null) return 0;
  if (run.start_time !== null) return Math.max(0, secondsBetween(expected, run.start_time));
  if (state !== null && isFinal(state.type)) return 0;
  return Math.max(0, secondsBetween(expected, now));
}
