import { z } from 'zod';
import { Moment, Name, orNull } from '../fields.ts';
import { pageFields, pageOf } from '../filters/query.ts';
import {
  WorkerFilter,
  WorkQueueFilter,
  matchesQueue,
  matchesWorker,
} from '../filters/other-filters.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import type { WorkQueue } from '../records.ts';
import { get, remove, takes, type Route } from '../router.ts';
import { showQueue } from '../views.ts';
import {
  createQueue,
  deleteQueue,
  needPool,
  needQueue,
  recordHeartbeat,
  rerank,
  workersOf,
} from '../work-pools.ts';
import type { World } from '../world.ts';

const Limit = z.int().min(0, 'Input should be greater than or equal to 0');
const Priority = z.int().min(1);

const QueueCreate = z.strictObject({
  name: Name,
  description: z.string().nullable().default(''),
  is_paused: z.boolean().default(false),
  concurrency_limit: orNull(Limit),
  priority: orNull(Priority),
  filter: z.unknown().default(null),
});

const QueueUpdate = z.strictObject({
  name: z.string().nullable().optional(),
  description: z.string().nullable().optional(),
  is_paused: z.boolean().optional(),
  concurrency_limit: Limit.nullable().optional(),
  priority: Priority.nullable().optional(),
  last_polled: Moment.nullable().optional(),
  filter: z.unknown().optional(),
});

function applyUpdate(
  world: World,
  queue: WorkQueue,
  update: z.output<typeof QueueUpdate>,
): WorkQueue {
  const { name, description, is_paused, concurrency_limit, priority, last_polled } = update;
  return world.queues.put({
    ...queue,
    ...(name && { name }),
    ...(description !== undefined && { description }),
    ...(concurrency_limit !== undefined && { concurrency_limit }),
    ...(last_polled !== undefined && { last_polled }),
    ...(priority && { priority }),
    ...(is_paused !== undefined && { is_paused, status: statusAfter(queue, is_paused) }),
    updated: world.now(),
  });
}

function statusAfter(queue: WorkQueue, isPaused: boolean): WorkQueue['status'] {
  if (isPaused) return 'PAUSED';
  return queue.status === 'PAUSED' ? 'NOT_READY' : queue.status;
}

export const workQueueRoutes: readonly Route[] = [
  takes('POST', '/work_pools/{work_pool_name}/queues', QueueCreate, ({ world, params, body }) => {
    const pool = needPool(world, params['work_pool_name'] ?? '');
    return created(showQueue(world, createQueue(world, pool, body)));
  }),

  get('/work_pools/{work_pool_name}/queues/{name}', ({ world, params }) =>
    ok(showQueue(world, needQueue(world, params['work_pool_name'] ?? '', params['name'] ?? ''))),
  ),

  takes(
    'POST',
    '/work_pools/{work_pool_name}/queues/filter',
    z.object({ work_queues: WorkQueueFilter.nullish(), ...pageFields }),
    ({ world, params, body }) => {
      const pool = needPool(world, params['work_pool_name'] ?? '');
      const queues = world
        .queuesOf(pool)
        .filter((queue) => !body.work_queues || matchesQueue(body.work_queues, queue));
      return ok(pageOf(queues, body).map((queue) => showQueue(world, queue)));
    },
  ),

  takes(
    'PATCH',
    '/work_pools/{work_pool_name}/queues/{name}',
    QueueUpdate,
    ({ world, params, body }) => {
      const pool = needPool(world, params['work_pool_name'] ?? '');
      const queue = needQueue(world, pool.name, params['name'] ?? '');
      const updated = applyUpdate(world, queue, body);
      if (body.priority) rerank(world, pool, updated, body.priority);
      return noContent();
    },
  ),

  remove('/work_pools/{work_pool_name}/queues/{name}', ({ world, params }) => {
    const pool = needPool(world, params['work_pool_name'] ?? '');
    deleteQueue(world, needQueue(world, pool.name, params['name'] ?? ''));
    return noContent();
  }),

  /** The engine reads its run's queue by id. */
  get('/work_queues/{id}', ({ world, params }) => {
    const queue = world.queues.get(params['id'] ?? '');
    if (queue === undefined) throw refusal(404, 'Work Queue not found.');
    return ok(showQueue(world, queue));
  }),
];

/** `metadata` and `return_id` exist only on Cloud. This server drops them. */
const Heartbeat = z.object({
  name: z.string(),
  heartbeat_interval_seconds: z
    .number()
    .refine(Number.isInteger, {
      error: 'Input should be a valid integer, got a number with a fractional part',
    })
    .nullish(),
});

export const workerRoutes: readonly Route[] = [
  takes(
    'POST',
    '/work_pools/{work_pool_name}/workers/heartbeat',
    Heartbeat,
    ({ world, params, body }) => {
      const pool = needPool(world, params['work_pool_name'] ?? '');
      recordHeartbeat(world, pool, body.name, body.heartbeat_interval_seconds ?? null);
      return noContent();
    },
  ),

  takes(
    'POST',
    '/work_pools/{work_pool_name}/workers/filter',
    z.object({ workers: WorkerFilter.nullish(), ...pageFields }),
    ({ world, params, body }) => {
      const pool = needPool(world, params['work_pool_name'] ?? '');
      const { workers: filter } = body;
      return ok(
        pageOf(
          workersOf(world, pool).filter((one) => !filter || matchesWorker(filter, one)),
          body,
        ),
      );
    },
  ),

  remove('/work_pools/{work_pool_name}/workers/{name}', ({ world, params }) => {
    const pool = needPool(world, params['work_pool_name'] ?? '');
    const worker = world.workers.find(
      (one) => one.work_pool_id === pool.id && one.name === params['name'],
    );
    if (worker === undefined) throw refusal(404, 'Worker not found.');
    world.workers.delete(worker.id);
    return noContent();
  }),
];
