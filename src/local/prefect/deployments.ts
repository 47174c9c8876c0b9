import type { Deployment, DeploymentSchedule, Flow } from './records.ts';
import type { World } from './world.ts';

/** The limit `deployment:<id>` behind a deployment's `concurrency_limit`. Null removes it. */
export function setDeploymentLimit(
  world: World,
  deployment: Deployment,
  limit: number | null,
): Deployment {
  const known =
    deployment.concurrency_limit_id === null
      ? undefined
      : world.limits.rows.get(deployment.concurrency_limit_id);
  if (limit === null) {
    if (known !== undefined) world.limits.rows.delete(known.id);
    return world.deployments.put({ ...deployment, concurrency_limit_id: null });
  }
  if (known !== undefined) {
    world.limits.rows.put({ ...known, limit, updated: world.now() });
    return deployment;
  }
  const made = world.limits.create({ name: `deployment:${deployment.id}`, limit });
  return world.deployments.put({ ...deployment, concurrency_limit_id: made.id });
}

/**
 * Its scheduled runs are deleted with it. Other runs stay and name a deployment that no longer
 * exists.
 */
export function deleteDeployment(world: World, deployment: Deployment): void {
  for (const run of world.runs.inStates('SCHEDULED')) {
    if (run.deployment_id === deployment.id) world.runs.delete(run.id);
  }
  setDeploymentLimit(world, deployment, null);
  world.deployments.delete(deployment.id);
}

export function flowNamed(world: World, name: string): Flow | undefined {
  return world.flows.find((flow) => flow.name === name);
}

export function ensureFlow(
  world: World,
  name: string,
  facts: { readonly tags?: readonly string[]; readonly labels?: Flow['labels'] } = {},
): { readonly flow: Flow; readonly isNew: boolean } {
  const known = flowNamed(world, name);
  if (known !== undefined) return { flow: known, isNew: false };
  const flow = world.flows.put({
    ...world.row(),
    name,
    tags: facts.tags ?? [],
    labels: facts.labels ?? {},
  });
  return { flow, isNew: true };
}

type DeploymentFacts = Partial<Omit<Deployment, 'id' | 'created' | 'updated'>> & {
  readonly name: string;
  readonly flow_id: string;
};

const bare = {
  version: null,
  description: null,
  paused: false,
  schedules: [],
  concurrency_limit_id: null,
  concurrency_options: null,
  job_variables: {},
  parameters: {},
  tags: [],
  work_queue_id: null,
  work_queue_name: null,
  last_polled: null,
  parameter_openapi_schema: {},
  path: null,
  pull_steps: [],
  entrypoint: null,
  storage_document_id: null,
  infrastructure_document_id: null,
  status: 'NOT_READY',
  enforce_parameter_schema: true,
} as const;

/** Creates a deployment, or updates the one with this flow and name. */
export function upsertDeployment(
  world: World,
  facts: DeploymentFacts,
): { readonly deployment: Deployment; readonly isNew: boolean } {
  const known = world.deployments.find(
    (one) => one.flow_id === facts.flow_id && one.name === facts.name,
  );
  const flow = world.flows.get(facts.flow_id);
  const labels = { ...flow?.labels, 'prefect.flow.id': facts.flow_id, ...facts.labels };
  const row = world.row();
  const deployment = world.deployments.put(
    known === undefined
      ? { ...bare, ...row, ...facts, labels }
      : { ...known, ...facts, labels, updated: row.updated },
  );
  return { deployment, isNew: known === undefined };
}

export interface ScheduleFacts {
  readonly schedule: unknown;
  readonly active: boolean;
  readonly max_scheduled_runs: number | null;
  readonly parameters: DeploymentSchedule['parameters'];
  readonly slug: string | null;
}

export function newSchedule(
  world: World,
  deploymentId: string,
  facts: ScheduleFacts,
): DeploymentSchedule {
  return { ...world.row(), deployment_id: deploymentId, ...facts };
}
