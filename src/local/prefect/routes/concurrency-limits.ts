import { z } from 'zod';
import type { ConcurrencyLimit } from '../concurrency-limits.ts';
import { Name, Uuid } from '../fields.ts';
import { pageFields, pageOf } from '../filters/query.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import { get, remove, takes, type Call, type Route } from '../router.ts';
import { showLimit } from '../views.ts';
import type { World } from '../world.ts';

const base = '/v2/concurrency_limits';

const fields = {
  active: z.boolean().optional(),
  limit: z.int().min(0),
  active_slots: z.int().min(0).optional(),
  denied_slots: z.int().min(0).optional(),
  slot_decay_per_second: z.number().min(0).optional(),
};
const Create = z.strictObject({ ...fields, name: Name });
const Update = z.strictObject({ ...fields, name: Name.optional(), limit: fields.limit.optional() });

const LeaseSeconds = z
  .number()
  .min(60, 'Input should be greater than or equal to 60')
  .max(86_400, 'Input should be less than or equal to 86400')
  .nullish();
const Take = z.object({
  slots: z.int().positive(),
  names: z.array(z.string()),
  mode: z.enum(['concurrency', 'rate_limit']).nullish(),
  create_if_missing: z.boolean().nullish(),
});
const TakeWithLease = Take.extend({ lease_duration: LeaseSeconds, holder: z.unknown().optional() });
const GiveBack = Take.omit({ mode: true }).extend({
  occupancy_seconds: z.number().positive().nullish(),
});

const leaseSeconds = 300;
/** `PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS`. */
const longestWaitSeconds = 30;

function need({ world, params }: Call<unknown>): ConcurrencyLimit {
  const limit = world.limits.find(params['id_or_name'] ?? '');
  if (limit === undefined) throw refusal(404, 'Concurrency Limit not found');
  return limit;
}

const minimal = ({ id, name, limit }: ConcurrencyLimit) => ({ id, name, limit });

/** Takes slots of all named limits that exist, or answers 423 with the time to wait. */
function take(world: World, body: z.output<typeof Take>): readonly ConcurrencyLimit[] {
  const limits = world.limits.rows.filter((limit) => body.names.includes(limit.name));
  const active = limits.filter((limit) => limit.active);
  if (active.some((limit) => limit.limit < body.slots)) {
    throw refusal(422, 'Slots requested is greater than the limit');
  }
  const steady = active
    .filter((limit) => limit.slot_decay_per_second === 0)
    .map((limit) => limit.name);
  if (body.mode === 'rate_limit' && steady.length > 0) {
    throw refusal(
      422,
      'Only concurrency limits with slot decay can be used for rate limiting. The following ' +
        `limits do not have a decay configured: '${steady.join(',')}'`,
    );
  }
  const ids = active.map((limit) => limit.id);
  if (world.limits.take(ids, body.slots)) return limits;
  world.limits.deny(ids, body.slots);
  throw refusal(423, 'Locked', { 'retry-after': String(waitSeconds(world, active, body.slots)) });
}

function waitSeconds(world: World, limits: readonly ConcurrencyLimit[], slots: number): number {
  const waits = limits.map((limit) => {
    const wanted = slots + limit.denied_slots;
    if (limit.slot_decay_per_second > 0) return wanted / limit.slot_decay_per_second;
    const perSlot = Math.min(limit.avg_slot_occupancy_seconds, longestWaitSeconds);
    return Math.min((perSlot * wanted) / Math.max(1, limit.limit), longestWaitSeconds);
  });
  return Math.max(...waits) * (0.75 + world.random.next() * 0.5);
}

export const concurrencyLimitRoutes: readonly Route[] = [
  takes('POST', `${base}/`, Create, ({ world, body }) => {
    if (world.limits.find(body.name) !== undefined) throw refusal(409, 'Limit already exists.');
    const { name, limit, active, active_slots, denied_slots, slot_decay_per_second } = body;
    return created(
      world.limits.create({
        name,
        limit,
        ...(active !== undefined && { active }),
        ...(active_slots !== undefined && { active_slots }),
        ...(denied_slots !== undefined && { denied_slots }),
        ...(slot_decay_per_second !== undefined && { slot_decay_per_second }),
      }),
    );
  }),
  get(`${base}/{id_or_name}`, (call) => ok(showLimit(call.world, need(call)))),
  takes('PATCH', `${base}/{id_or_name}`, Update, (call) => {
    const change = Object.fromEntries(
      Object.entries(call.body).filter(([, value]) => value !== undefined),
    );
    call.world.limits.rows.put({ ...need(call), ...change, updated: call.world.now() });
    return noContent();
  }),
  remove(`${base}/{id_or_name}`, (call) => {
    call.world.limits.rows.delete(need(call).id);
    return noContent();
  }),
  takes('POST', `${base}/filter`, z.object(pageFields).nullish(), ({ world, body }) => {
    const sorted = [...world.limits.rows.all()].sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
    return ok(pageOf(sorted, body ?? {}).map((limit) => showLimit(world, limit)));
  }),
  takes('POST', `${base}/increment`, Take, ({ world, body }) => ok(take(world, body).map(minimal))),
  takes(
    'POST',
    `${base}/increment-with-lease`,
    TakeWithLease,
    ({ world, body }) => {
      const limits = take(world, body);
      const ids = limits.filter((limit) => limit.active).map((limit) => limit.id);
      const lease_id = world.limits.lease(ids, body.slots, body.lease_duration ?? leaseSeconds);
      return ok({ lease_id, limits: limits.map(minimal) });
    },
    { needs: 'leases' },
  ),
  takes('POST', `${base}/decrement`, GiveBack, ({ world, body }) => {
    const limits = world.limits.rows.filter((limit) => body.names.includes(limit.name));
    const ids = limits.map((limit) => limit.id);
    world.limits.giveBack(ids, body.slots, body.occupancy_seconds ?? undefined);
    return ok(limits.map(minimal));
  }),
  takes(
    'POST',
    `${base}/decrement-with-lease`,
    z.object({ lease_id: Uuid }),
    ({ world, body }) => {
      world.limits.endLease(body.lease_id);
      return noContent();
    },
    { needs: 'leases' },
  ),
  takes(
    'POST',
    `${base}/leases/{id}/renew`,
    z.object({ lease_duration: LeaseSeconds }).nullish(),
    ({ world, params, body }) => {
      if (!world.limits.renew(params['id'] ?? '', body?.lease_duration ?? leaseSeconds)) {
        throw refusal(410, 'Lease not found - it may have expired or been revoked');
      }
      return noContent();
    },
    { needs: 'leases' },
  ),
];
