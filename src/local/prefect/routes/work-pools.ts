import { z } from 'zod';
import { checkTemplate } from '../base-job-template.ts';
import { JsonObject, Moment, Name, Uuid, orNull } from '../fields.ts';
import { limitField, limitOf, pageFields, pageOf } from '../filters/query.ts';
import { WorkPoolFilter, matchesPool } from '../filters/other-filters.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import type { WorkPool, WorkQueue } from '../records.ts';
import { get, remove, takes, type Route } from '../router.ts';
import { scheduledRuns } from '../scheduled-runs.ts';
import { secondsBetween } from '../timestamps.ts';
import { showPolledRun, showPool, slotHoldersOf } from '../views.ts';
import {
  createPool,
  deletePool,
  isReserved,
  needPool,
  needQueue,
  updatePool,
} from '../work-pools.ts';
import type { World } from '../world.ts';

const Storage = z.strictObject({
  bundle_upload_step: orNull(JsonObject),
  bundle_execution_step: orNull(JsonObject),
  default_result_storage_block_id: orNull(Uuid),
});
const Limit = z.int().min(0, 'Input should be greater than or equal to 0');

const PoolCreate = z.strictObject({
  name: Name,
  description: orNull(z.string()),
  type: z.string().default('prefect-agent'),
  base_job_template: JsonObject.default({}),
  is_paused: z.boolean().default(false),
  concurrency_limit: orNull(Limit),
  storage_configuration: Storage.optional(),
});

const PoolUpdate = z.strictObject({
  description: z.string().nullable().optional(),
  is_paused: z.boolean().nullable().optional(),
  base_job_template: JsonObject.nullable().optional(),
  concurrency_limit: Limit.nullable().optional(),
  storage_configuration: Storage.nullable().optional(),
});

const poolChannelFields = [
  'base_job_template',
  'concurrency_limit',
  'is_paused',
  'storage_configuration',
];

/** Only sent fields change. A null for a field that cannot be null changes nothing. */
function changeOf(update: z.output<typeof PoolUpdate>): Partial<WorkPool> {
  const { description, is_paused, base_job_template, concurrency_limit, storage_configuration } =
    update;
  return {
    ...(description !== undefined && { description }),
    ...(concurrency_limit !== undefined && { concurrency_limit }),
    ...(typeof is_paused === 'boolean' && { is_paused }),
    ...(base_job_template && { base_job_template }),
    ...(storage_configuration && { storage_configuration }),
  };
}

const ScheduledRuns = z.object({
  work_queue_names: z.array(z.string()).nullish(),
  scheduled_before: Moment.nullish(),
  scheduled_after: Moment.nullish(),
  ...limitField,
});

/** A poll shows that a worker serves the queues and their deployments. */
function markPolled(world: World, queues: readonly WorkQueue[]): void {
  const now = world.now();
  const ids = new Set(queues.map((queue) => queue.id));
  for (const queue of queues) {
    const status = queue.status === 'NOT_READY' ? 'READY' : queue.status;
    world.queues.put({ ...queue, last_polled: now, status });
  }
  for (const deployment of world.deployments.filter((one) => ids.has(one.work_queue_id ?? ''))) {
    world.deployments.put({ ...deployment, last_polled: now, status: 'READY' });
  }
}

export const workPoolRoutes: readonly Route[] = [
  takes('POST', '/work_pools/', PoolCreate, ({ world, body, clientVersion }) => {
    if (isReserved(body.name)) {
      throw refusal(403, "Work pools starting with 'Prefect' are reserved for internal use.");
    }
    const { storage_configuration: storage, ...facts } = body;
    const pool = createPool(
      world,
      { ...facts, ...(storage && { storage_configuration: storage }) },
      body,
    );
    return created(showPool(world, pool, clientVersion));
  }),

  get('/work_pools/{name}', ({ world, params, clientVersion }) =>
    ok(showPool(world, needPool(world, params['name'] ?? ''), clientVersion)),
  ),

  takes(
    'POST',
    '/work_pools/filter',
    z.object({ work_pools: WorkPoolFilter.nullish(), ...pageFields }),
    (call) => {
      const { world, body, clientVersion } = call;
      const pools = world.pools.filter(
        (pool) => !body.work_pools || matchesPool(body.work_pools, pool),
      );
      const sorted = [...pools].sort((one, other) => (one.name < other.name ? -1 : 1));
      return ok(pageOf(sorted, body).map((pool) => showPool(world, pool, clientVersion)));
    },
  ),

  takes(
    'POST',
    '/work_pools/count',
    z.object({ work_pools: WorkPoolFilter.nullish() }),
    ({ world, body }) =>
      ok(
        world.pools.filter((pool) => !body.work_pools || matchesPool(body.work_pools, pool)).length,
      ),
  ),

  takes('PATCH', '/work_pools/{name}', PoolUpdate, ({ world, params, body }) => {
    const name = params['name'] ?? '';
    const fields = Object.keys(body);
    if (
      isReserved(name) &&
      fields.some((field) => !['is_paused', 'concurrency_limit'].includes(field))
    ) {
      throw refusal(
        403,
        "Work pools starting with 'Prefect' are reserved for internal use and can only be " +
          'updated to set concurrency limits or pause.',
      );
    }
    const pool = needPool(world, name);
    const change = changeOf(body);
    if (change.base_job_template !== undefined) checkTemplate(change.base_job_template, body);
    updatePool(world, pool, change);
    if (fields.some((field) => poolChannelFields.includes(field))) {
      world.channels.poolChanged(pool.id, 'work_pool_updated');
    }
    return noContent();
  }),

  remove('/work_pools/{name}', ({ world, params }) => {
    const name = params['name'] ?? '';
    if (isReserved(name)) {
      throw refusal(
        403,
        "Work pools starting with 'Prefect' are reserved for internal use and can not be deleted.",
      );
    }
    deletePool(world, needPool(world, name));
    return noContent();
  }),

  takes(
    'POST',
    '/work_pools/{name}/get_scheduled_flow_runs',
    ScheduledRuns,
    ({ world, params, body }) => {
      const name = params['name'] ?? '';
      const pool = needPool(world, name);
      const names = body.work_queue_names ?? [];
      const queues =
        names.length === 0
          ? world.queuesOf(pool)
          : [...new Set(names)].map((queueName) => needQueue(world, name, queueName));
      const found = scheduledRuns(world, pool, {
        queues,
        before: body.scheduled_before ?? undefined,
        after: body.scheduled_after ?? undefined,
        limit: limitOf(body.limit),
      });
      markPolled(world, queues);
      return ok(
        found.map(({ queue, run }) => ({
          work_pool_id: pool.id,
          work_queue_id: queue.id,
          flow_run: showPolledRun(world, run),
        })),
      );
    },
  ),

  takes(
    'POST',
    '/work_pools/{name}/concurrency_status',
    z.object({
      page: z.int().min(1).nullish(),
      flow_run_limit: z.int().min(0).max(200).nullish(),
      ...limitField,
    }),
    ({ world, params, body }) => {
      const name = params['name'] ?? '';
      const pool = world.poolNamed(name);
      if (pool === undefined) throw refusal(404, `Work pool '${name}' not found.`);
      return ok(
        concurrencyStatus(
          world,
          pool,
          body.page ?? 1,
          limitOf(body.limit),
          body.flow_run_limit ?? 10,
        ),
      );
    },
    { needs: 'concurrencyStatus' },
  ),
];

function concurrencyStatus(
  world: World,
  pool: WorkPool,
  page: number,
  limit: number,
  runLimit: number,
) {
  const all = world.queuesOf(pool);
  const holders = [...slotHoldersOf(world, new Set(all.map((queue) => queue.id)))];
  const queues = all.slice((page - 1) * limit, page * limit).map((queue) => {
    const mine = holders.filter((run) => run.work_queue_id === queue.id);
    return {
      queue_id: queue.id,
      queue_name: queue.name,
      active_slots: mine.length,
      concurrency_limit: queue.concurrency_limit,
      flow_runs: mine.slice(0, runLimit).map((run) => ({
        id: run.id,
        name: run.name,
        state_type: run.state.type,
        state_name: run.state.name,
        start_time: run.start_time,
        state_timestamp: run.state.timestamp,
        time_in_current_state: secondsBetween(run.state.timestamp, world.now()),
      })),
      flow_run_count: mine.length,
    };
  });
  return {
    active_slots: holders.length,
    concurrency_limit: pool.concurrency_limit,
    queues,
    count: all.length,
    limit,
    pages: limit > 0 ? Math.ceil(all.length / limit) : 0,
    page,
  };
}
