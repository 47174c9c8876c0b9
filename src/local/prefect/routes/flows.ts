import { z } from 'zod';
import { JsonObject, Name, Tags, orNull } from '../fields.ts';
import { filterFields, limitField, pageFields, pageOf } from '../filters/query.ts';
import { matchesFlow, type FlowFilter } from '../filters/other-filters.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import { deleteDeployment, ensureFlow } from '../deployments.ts';
import type { Flow } from '../records.ts';
import { get, remove, takes, type Route } from '../router.ts';
import type { World } from '../world.ts';

const FlowCreate = z.strictObject({
  name: Name,
  tags: Tags.default([]),
  labels: orNull(JsonObject),
});
const FlowUpdate = z.strictObject({ tags: Tags.default([]) });

function find(
  world: World,
  filter: z.output<typeof FlowFilter> | null | undefined,
): readonly Flow[] {
  const flows = world.flows.filter((flow) => !filter || matchesFlow(world, filter, flow));
  return [...flows].sort((one, other) => (one.name < other.name ? -1 : 1));
}

function need(world: World, id: string | undefined): Flow {
  const flow = world.flows.get(id ?? '');
  if (flow === undefined) throw refusal(404, 'Flow not found');
  return flow;
}

export const flowRoutes: readonly Route[] = [
  takes('POST', '/flows/', FlowCreate, ({ world, body }) => {
    const { flow, isNew } = ensureFlow(world, body.name, {
      tags: body.tags,
      labels: body.labels ?? {},
    });
    return isNew ? created(flow) : ok(flow);
  }),
  get('/flows/{id}', ({ world, params }) => ok(need(world, params['id']))),
  get('/flows/name/{name}', ({ world, params }) => {
    const flow = world.flows.find((one) => one.name === params['name']);
    if (flow === undefined) throw refusal(404, 'Flow not found');
    return ok(flow);
  }),
  takes('PATCH', '/flows/{id}', FlowUpdate, ({ world, params, body }) => {
    world.flows.put({ ...need(world, params['id']), tags: body.tags, updated: world.now() });
    return noContent();
  }),
  remove('/flows/{id}', ({ world, params }) => {
    const flow = need(world, params['id']);
    for (const deployment of world.deployments.filter((one) => one.flow_id === flow.id)) {
      deleteDeployment(world, deployment);
    }
    for (const run of world.runs.all()) if (run.flow_id === flow.id) world.runs.delete(run.id);
    world.flows.delete(flow.id);
    return noContent();
  }),
  takes('POST', '/flows/filter', z.object({ ...filterFields, ...pageFields }), ({ world, body }) =>
    ok(pageOf(find(world, body.flows), body)),
  ),
  takes(
    'POST',
    '/flows/count',
    z.object({ ...filterFields, ...limitField }).nullish(),
    ({ world, body }) => ok(find(world, body?.flows).length),
  ),
];
