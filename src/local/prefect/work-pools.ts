import { checkTemplate } from './base-job-template.ts';
import { refusal } from './http.ts';
import type { Worker, WorkPool, WorkQueue } from './records.ts';
import type { World } from './world.ts';

export function isReserved(poolName: string): boolean {
  return poolName.toLowerCase().startsWith('prefect');
}

export function needPool(world: World, name: string): WorkPool {
  const pool = world.poolNamed(name);
  if (pool === undefined) throw refusal(404, `Work pool "${name}" not found.`);
  return pool;
}

export function needQueue(world: World, poolName: string, queueName: string): WorkQueue {
  const pool = world.poolNamed(poolName);
  const queue = pool && world.queueNamed(pool, queueName);
  if (queue === undefined)
    throw refusal(404, `Work pool queue '${poolName}/${queueName}' not found.`);
  return queue;
}

const noStorage = {
  bundle_upload_step: null,
  bundle_execution_step: null,
  default_result_storage_block_id: null,
};

type PoolFacts = Partial<
  Omit<WorkPool, 'id' | 'created' | 'updated' | 'status' | 'default_queue_id'>
> & {
  readonly name: string;
};

export function createPool(world: World, facts: PoolFacts, body: unknown = facts): WorkPool {
  if (world.poolNamed(facts.name) !== undefined) {
    throw refusal(409, 'A work pool with this name already exists.');
  }
  checkTemplate(facts.base_job_template, body);
  const isPaused = facts.is_paused ?? false;
  const type = facts.type ?? 'prefect-agent';
  const row = world.row();
  const first: WorkPool = {
    ...row,
    name: facts.name,
    description: facts.description ?? null,
    type,
    base_job_template: facts.base_job_template ?? {},
    is_paused: isPaused,
    concurrency_limit: facts.concurrency_limit ?? null,
    status: type === 'prefect-agent' ? null : isPaused ? 'PAUSED' : 'NOT_READY',
    default_queue_id: '',
    storage_configuration: facts.storage_configuration ?? noStorage,
  };
  world.pools.put(first);
  const queue = createQueue(world, first, {
    name: 'default',
    description: "The work pool's default queue.",
  });
  return world.pools.put({ ...first, default_queue_id: queue.id });
}

export function updatePool(world: World, pool: WorkPool, change: Partial<WorkPool>): WorkPool {
  const status = statusAfter(world, pool, change);
  return world.pools.put({ ...pool, ...change, status, updated: world.now() });
}

function statusAfter(world: World, pool: WorkPool, change: Partial<WorkPool>): WorkPool['status'] {
  if (
    change.status !== undefined ||
    change.is_paused === undefined ||
    pool.type === 'prefect-agent'
  ) {
    return change.status ?? pool.status;
  }
  if (change.is_paused) return 'PAUSED';
  return hasOnlineWorker(world, pool) ? 'READY' : 'NOT_READY';
}

export function hasOnlineWorker(world: World, pool: WorkPool): boolean {
  return (
    world.workers.find(
      (worker) => worker.work_pool_id === pool.id && worker.status === 'ONLINE',
    ) !== undefined
  );
}

export function deletePool(world: World, pool: WorkPool): void {
  for (const queue of world.queuesOf(pool)) deleteQueue(world, queue);
  for (const worker of world.workers.filter((one) => one.work_pool_id === pool.id))
    world.workers.delete(worker.id);
  world.pools.delete(pool.id);
  world.channels.poolDeleted(pool.id);
}

interface QueueFacts {
  readonly name: string;
  readonly description?: string | null;
  readonly is_paused?: boolean;
  readonly concurrency_limit?: number | null;
  readonly priority?: number | null;
  readonly filter?: unknown;
}

export function createQueue(world: World, pool: WorkPool, facts: QueueFacts): WorkQueue {
  if (world.queueNamed(pool, facts.name) !== undefined) {
    // The literal braces are the server's own bug.
    throw refusal(
      409,
      'A work queue with this name already exists in work pool {work_pool_name!r}.',
    );
  }
  const isPaused = facts.is_paused ?? false;
  const queue = world.queues.put({
    ...world.row(),
    name: facts.name,
    description: facts.description ?? '',
    is_paused: isPaused,
    concurrency_limit: facts.concurrency_limit ?? null,
    priority: facts.priority ?? firstFreePriority(world, pool),
    work_pool_id: pool.id,
    filter: facts.filter ?? null,
    last_polled: null,
    status: 'NOT_READY',
  });
  return typeof facts.priority === 'number' ? rerank(world, pool, queue, facts.priority) : queue;
}

function firstFreePriority(world: World, pool: WorkPool): number {
  const taken = new Set(world.queuesOf(pool).map((queue) => queue.priority));
  let priority = 1;
  while (taken.has(priority)) priority += 1;
  return priority;
}

/** Puts a queue at its priority and moves the queues there down, as few as possible. */
export function rerank(
  world: World,
  pool: WorkPool,
  queue: WorkQueue,
  priority: number,
): WorkQueue {
  const others = world.queuesOf(pool).filter((other) => other.id !== queue.id);
  const at = others.findIndex((other) => other.priority >= priority);
  const moved = { ...queue, priority };
  const ordered =
    at === -1 ? [...others, moved] : [...others.slice(0, at), moved, ...others.slice(at)];
  let last = 0;
  for (const one of ordered) {
    last = one.priority <= last ? last + 1 : one.priority;
    if (one === moved || last !== one.priority)
      world.queues.put({ ...one, priority: last, updated: world.now() });
  }
  return world.queues.get(queue.id) ?? moved;
}

/** Runs and deployments of a deleted queue stay, without a queue. */
export function deleteQueue(world: World, queue: WorkQueue): void {
  world.queues.delete(queue.id);
  for (const run of world.runs.all()) {
    if (run.work_queue_id === queue.id)
      world.runs.put({ ...run, work_queue_id: null }, world.now());
  }
  for (const deployment of world.deployments.filter((one) => one.work_queue_id === queue.id)) {
    world.deployments.put({ ...deployment, work_queue_id: null });
  }
}

/** The newest heartbeat first. */
export function workersOf(world: World, pool: WorkPool): readonly Worker[] {
  return world.workers.filter((worker) => worker.work_pool_id === pool.id).toReversed();
}

/** Two workers with one name are one record (prefect-api.md 11.16). */
export function recordHeartbeat(
  world: World,
  pool: WorkPool,
  name: string,
  intervalSeconds: number | null,
): Worker {
  const known = world.workers.find(
    (worker) => worker.work_pool_id === pool.id && worker.name === name,
  );
  const row = known ?? world.row();
  world.workers.delete(row.id); // the table is in the order of heartbeats
  const worker = world.workers.put({
    id: row.id,
    created: row.created,
    updated: row.updated,
    name,
    work_pool_id: pool.id,
    last_heartbeat_time: world.now(),
    heartbeat_interval_seconds: intervalSeconds ?? known?.heartbeat_interval_seconds ?? null,
    status: 'ONLINE',
  });
  if (pool.status === 'NOT_READY') updatePool(world, pool, { status: 'READY' });
  return worker;
}
