import { Cancelled } from '../../kernel/task-group.ts';
import { proposeState } from './set-state.ts';
import { secondsBetween, plusSeconds } from './timestamps.ts';
import { hasOnlineWorker, updatePool } from './work-pools.ts';
import type { World } from './world.ts';

/** The server's background loops in seconds, with the defaults of its settings. */
const tickSeconds = 5;
const lateAfterSeconds = 15;
const missedHeartbeats = 3;
const defaultHeartbeatSeconds = 30;
const notPolledAfterSeconds = 60;
const cancellingTimeoutSeconds = 300;
/** Every third tick, which is 15 s: the pace of the foreman and the repossessor. */
const slowTick = 3;

const timeoutMessage = 'Flow run cancellation timed out; marked this flow run as Cancelled.';

/** Runs until the signal aborts. `lateRuns`: whether runs are marked Late. */
export async function runServices(
  world: World,
  lateRuns: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (let tick = 1; ; tick += 1) {
    try {
      await world.clock.sleep(tickSeconds * 1000, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof Cancelled
        ? error
        : new Error('the background services of the local Prefect failed', { cause: error });
    }
    if (lateRuns) markLateRuns(world);
    endOverdueCancellations(world);
    world.cleanups.expire();
    for (const pool of world.pools.all()) world.channels.cleanupWaits(pool.id);
    if (tick % slowTick !== 0) continue;
    markSilentWorkers(world);
    markUnpolled(world);
    world.limits.reapExpired();
  }
}

function markLateRuns(world: World): void {
  const before = plusSeconds(world.now(), -lateAfterSeconds);
  for (const run of world.runs.inStates('SCHEDULED')) {
    const due = run.next_scheduled_start_time;
    if (run.state.name !== 'Scheduled' || due === null || due > before) continue;
    const state = {
      type: 'SCHEDULED',
      name: 'Late',
      state_details: { scheduled_time: due },
    } as const;
    proposeState(world, run.id, state, { policy: world.policies.late });
  }
}

function markSilentWorkers(world: World): void {
  const now = world.now();
  for (const worker of world.workers.filter((one) => one.status === 'ONLINE')) {
    const interval = worker.heartbeat_interval_seconds ?? defaultHeartbeatSeconds;
    if (secondsBetween(worker.last_heartbeat_time, now) <= interval * missedHeartbeats) continue;
    world.workers.put({ ...worker, status: 'OFFLINE' });
  }
  for (const pool of world.pools.filter((one) => one.status === 'READY')) {
    if (!hasOnlineWorker(world, pool)) updatePool(world, pool, { status: 'NOT_READY' });
  }
}

function markUnpolled(world: World): void {
  const before = plusSeconds(world.now(), -notPolledAfterSeconds);
  for (const queue of world.queues.filter(
    (one) => one.status === 'READY' && (one.last_polled ?? '') < before,
  )) {
    world.queues.put({ ...queue, status: 'NOT_READY' });
  }
  for (const one of world.deployments.filter((row) => row.status === 'READY')) {
    if ((one.last_polled ?? '') < before) world.deployments.put({ ...one, status: 'NOT_READY' });
  }
}

/**
 * A run that stays Cancelling for 300 s is set to Cancelled, and a worker is asked to clean up its
 * task.
 */
function endOverdueCancellations(world: World): void {
  if (!world.version.has('cancellingTimeout')) return;
  const before = plusSeconds(world.now(), -cancellingTimeoutSeconds);
  for (const run of world.runs.inStates('CANCELLING')) {
    if (run.state.timestamp > before) continue;
    const { result } = proposeState(world, run.id, { type: 'CANCELLED', message: timeoutMessage });
    if (result.status !== 'ACCEPT') continue;
    const pool = world.poolOfQueue(run.work_queue_id);
    if (pool === undefined || /:(?:push|managed)$/.test(pool.type)) continue;
    world.cleanups.add({
      messageId: world.ids.uuid(),
      poolId: pool.id,
      queueId: run.work_queue_id,
      kind: 'cancelling_timeout_teardown.v1',
      target: { flow_run_id: run.id, infrastructure_pid: run.infrastructure_pid },
    });
    world.channels.cleanupWaits(pool.id);
  }
}
