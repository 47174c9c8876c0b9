import type { Answer } from '../../message.ts';
import { z } from 'zod';
import { createFlowRun } from '../create-flow-run.ts';
import {
  deleteDeployment,
  newSchedule,
  setDeploymentLimit,
  upsertDeployment,
  type ScheduleFacts,
} from '../deployments.ts';
import { JsonObject, Name, Tags, Uuid, orNull } from '../fields.ts';
import { filterFields, limitField, pageFields, pageOf, type Filters } from '../filters/query.ts';
import { matchesDeployment, matchesFlow, matchesPool } from '../filters/other-filters.ts';
import { created, integrityConflict, noContent, ok, refusal } from '../http.ts';
import type { Deployment } from '../records.ts';
import { get, remove, takes, type Route } from '../router.ts';
import { showDeployment, showFlowRun } from '../views.ts';
import { createQueue, needPool } from '../work-pools.ts';
import type { World } from '../world.ts';
import { DeploymentFlowRunCreate } from './flow-run-bodies.ts';

const Options = z.object({
  collision_strategy: z.enum(['ENQUEUE', 'CANCEL_NEW']),
  grace_period_seconds: orNull(z.int().min(60).max(86_400)),
});

const Schedule = z.strictObject({
  active: z.boolean().nullish(),
  schedule: z.unknown(),
  max_scheduled_runs: orNull(z.int().positive()),
  parameters: JsonObject.default({}),
  slug: orNull(z.string()),
  replaces: orNull(z.string()),
});

const fields = {
  paused: z.boolean().optional(),
  concurrency_limit: z.int().min(0).nullable().optional(),
  concurrency_options: Options.nullable().optional(),
  enforce_parameter_schema: z.boolean().nullable().optional(),
  parameter_openapi_schema: JsonObject.nullable().optional(),
  parameters: JsonObject.nullable().optional(),
  tags: Tags.optional(),
  pull_steps: z.array(JsonObject).nullable().optional(),
  work_queue_name: z.string().nullable().optional(),
  work_pool_name: z.string().nullable().optional(),
  storage_document_id: Uuid.nullable().optional(),
  infrastructure_document_id: Uuid.nullable().optional(),
  description: z.string().nullable().optional(),
  path: z.string().nullable().optional(),
  version: z.string().nullable().optional(),
  entrypoint: z.string().nullable().optional(),
  job_variables: JsonObject.nullable().optional(),
  schedules: z.array(Schedule).nullable().optional(),
  global_concurrency_limit_id: Uuid.nullable().optional(),
  version_info: JsonObject.nullable().optional(),
};
const DeploymentCreate = z.strictObject({
  ...fields,
  name: Name,
  flow_id: Uuid,
  labels: JsonObject.nullable().optional(),
});
const DeploymentUpdate = z.strictObject(fields);
type Update = z.output<typeof DeploymentUpdate>;

function changeOf(world: World, update: Update): Partial<Deployment> {
  const { description, path, version, entrypoint, concurrency_options, parameter_openapi_schema } =
    update;
  return {
    ...(description !== undefined && { description }),
    ...(path !== undefined && { path }),
    ...(version !== undefined && { version }),
    ...(entrypoint !== undefined && { entrypoint }),
    ...(concurrency_options !== undefined && { concurrency_options }),
    ...(parameter_openapi_schema !== undefined && { parameter_openapi_schema }),
    ...(update.storage_document_id !== undefined && {
      storage_document_id: update.storage_document_id,
    }),
    ...(update.infrastructure_document_id !== undefined && {
      infrastructure_document_id: update.infrastructure_document_id,
    }),
    ...(update.global_concurrency_limit_id !== undefined && {
      concurrency_limit_id: update.global_concurrency_limit_id,
    }),
    ...(update.pull_steps && { pull_steps: update.pull_steps }),
    ...(update.paused !== undefined && { paused: update.paused }),
    ...(update.tags !== undefined && { tags: update.tags }),
    ...(update.parameters && { parameters: update.parameters }),
    ...(update.job_variables && { job_variables: update.job_variables }),
    ...(typeof update.enforce_parameter_schema === 'boolean' && {
      enforce_parameter_schema: update.enforce_parameter_schema,
    }),
    ...queueChange(world, update.work_pool_name ?? null, update.work_queue_name ?? null),
  };
}

/** Creates a queue that the pool lacks. */
function queueChange(
  world: World,
  poolName: string | null,
  queueName: string | null,
): Partial<Deployment> {
  if (poolName === null) return {};
  const pool = needPool(world, poolName);
  if (queueName === null) return { work_queue_id: pool.default_queue_id, work_queue_name: null };
  const queue = world.queueNamed(pool, queueName) ?? createQueue(world, pool, { name: queueName });
  return { work_queue_id: queue.id, work_queue_name: queueName };
}

function withRest(world: World, deployment: Deployment, update: Update): Deployment {
  const limited =
    update.concurrency_limit === undefined
      ? deployment
      : setDeploymentLimit(world, deployment, update.concurrency_limit);
  if (!update.schedules) return limited;
  const schedules = update.schedules.map((one) =>
    newSchedule(world, deployment.id, scheduleFacts(one)),
  );
  return world.deployments.put({ ...limited, schedules });
}

function scheduleFacts(one: z.output<typeof Schedule>): ScheduleFacts {
  const { schedule, max_scheduled_runs, parameters, slug } = one;
  return { schedule, active: one.active ?? true, max_scheduled_runs, parameters, slug };
}

function need(world: World, id: string | undefined): Deployment {
  const deployment = world.deployments.get(id ?? '');
  if (deployment === undefined) throw refusal(404, 'Deployment not found');
  return deployment;
}

function find(world: World, filters: Filters): readonly Deployment[] {
  const found = world.deployments.filter((deployment) => {
    const flow = world.flows.get(deployment.flow_id);
    const pool = world.poolOfQueue(deployment.work_queue_id);
    if (filters.deployments && !matchesDeployment(world, filters.deployments, deployment))
      return false;
    if (filters.flows && (flow === undefined || !matchesFlow(world, filters.flows, flow)))
      return false;
    return !filters.work_pools || (pool !== undefined && matchesPool(filters.work_pools, pool));
  });
  return [...found].sort((one, other) => (one.name < other.name ? -1 : 1));
}

type NewRun = z.output<typeof DeploymentFlowRunCreate>;

function runOf(world: World, deployment: Deployment, body: NewRun): Answer {
  const isEnforced = body.enforce_parameter_schema ?? deployment.enforce_parameter_schema;
  if (isEnforced && deployment.parameter_openapi_schema === null) {
    throw refusal(
      409,
      'Error updating deployment: Cannot update parameters because parameter schema ' +
        'enforcement is enabled and the deployment does not have a valid parameter schema.',
    );
  }
  const {
    enforce_parameter_schema: _enforce,
    work_queue_name: queueName,
    name,
    state,
    ...facts
  } = body;
  const { empirical_policy: policy, labels, job_variables, ...rest } = facts;
  const pool = world.poolOfQueue(deployment.work_queue_id);
  const queue = queueName === null ? {} : queueChange(world, pool?.name ?? null, queueName);
  const { run, isNew } = createFlowRun(world, {
    ...rest,
    ...(name && { name }),
    ...(policy && { empirical_policy: policy }),
    ...(labels && { labels }),
    job_variables: job_variables ?? {},
    parameters: { ...deployment.parameters, ...body.parameters },
    tags: [...new Set([...deployment.tags, ...body.tags])],
    flow_id: deployment.flow_id,
    deployment_id: deployment.id,
    deployment_version: deployment.version,
    work_queue_id: queue.work_queue_id ?? deployment.work_queue_id,
    work_queue_name: queueName ?? deployment.work_queue_name,
    state: state ?? { type: 'SCHEDULED' },
  });
  return isNew ? created(showFlowRun(world, run)) : ok(showFlowRun(world, run));
}

export const deploymentRoutes: readonly Route[] = [
  takes('POST', '/deployments/', DeploymentCreate, ({ world, body }) => {
    if (world.flows.get(body.flow_id) === undefined) throw integrityConflict();
    const { name, flow_id, labels, ...update } = body;
    const change = changeOf(world, update);
    const made = upsertDeployment(world, { name, flow_id, ...change, ...(labels && { labels }) });
    const deployment = withRest(world, made.deployment, update);
    const shown = showDeployment(world, deployment);
    return made.isNew ? created(shown) : ok(shown);
  }),
  get('/deployments/{id}', ({ world, params }) =>
    ok(showDeployment(world, need(world, params['id']))),
  ),
  get('/deployments/name/{flow_name}/{deployment_name}', ({ world, params }) => {
    const deployment = world.deployments.find(
      (one) =>
        one.name === params['deployment_name'] &&
        world.flows.get(one.flow_id)?.name === params['flow_name'],
    );
    if (deployment === undefined) throw refusal(404, 'Deployment not found');
    return ok(showDeployment(world, deployment));
  }),
  takes('PATCH', '/deployments/{id}', DeploymentUpdate, ({ world, params, body }) => {
    const known = world.deployments.get(params['id'] ?? '');
    if (known === undefined) throw refusal(404, 'Deployment not found.');
    const changed = world.deployments.put({
      ...known,
      ...changeOf(world, body),
      updated: world.now(),
    });
    withRest(world, changed, body);
    return noContent();
  }),
  remove('/deployments/{id}', ({ world, params }) => {
    deleteDeployment(world, need(world, params['id']));
    return noContent();
  }),
  takes(
    'POST',
    '/deployments/filter',
    z.object({ ...filterFields, ...pageFields }),
    ({ world, body }) =>
      ok(pageOf(find(world, body), body).map((deployment) => showDeployment(world, deployment))),
  ),
  takes(
    'POST',
    '/deployments/count',
    z.object({ ...filterFields, ...limitField }).nullish(),
    ({ world, body }) => ok(find(world, body ?? {}).length),
  ),
  takes(
    'POST',
    '/deployments/{id}/create_flow_run',
    DeploymentFlowRunCreate,
    ({ world, params, body }) => runOf(world, need(world, params['id']), body),
  ),
];
