import { createBlock, createBlockSchema, createBlockType } from './blocks.ts';
import { createFlowRun } from './create-flow-run.ts';
import type {
  DeploymentOptions,
  PoolOptions,
  ScheduleOptions,
  StateOptions,
} from './domain-options.ts';
import {
  deleteDeployment,
  ensureFlow,
  setDeploymentLimit,
  upsertDeployment,
} from './deployments.ts';
import type { ReceivedEvent } from './events.ts';
import type { Verdict } from './orchestration/rule.ts';
import type { Deployment, FlowRun, Log, WorkPool, Worker, WorkQueue } from './records.ts';
import { proposeState, type OrchestrationResult } from './set-state.ts';
import type { Commit } from './flow-runs.ts';
import type { State, StateFacts } from './state.ts';
import { parseTimestamp, plusSeconds } from './timestamps.ts';
import {
  createPool,
  createQueue,
  deletePool,
  needPool,
  recordHeartbeat,
  updatePool,
  workersOf,
} from './work-pools.ts';
import type { World } from './world.ts';

type Document = Readonly<Record<string, unknown>>;

const engineVersion = '3.8.8';

/**
 * What tests and users do with a server, as plain methods: no request, no fault, no entry in the
 * call log.
 */
export class PrefectDomain {
  /** @internal The whole state of the server, for reads that have no method here. */
  readonly world: World;

  /** @internal */
  constructor(world: World) {
    this.world = world;
  }

  createPool(name: string, options: PoolOptions = {}): WorkPool {
    return createPool(this.world, {
      name,
      type: options.type ?? 'ecs',
      base_job_template: options.baseJobTemplate ?? {},
      concurrency_limit: options.concurrencyLimit ?? null,
      is_paused: options.isPaused ?? false,
    });
  }

  pool(name: string): WorkPool {
    return needPool(this.world, name);
  }

  updatePool(name: string, change: Partial<WorkPool>): void {
    const pool = updatePool(this.world, this.pool(name), change);
    this.world.channels.poolChanged(pool.id, 'work_pool_updated');
  }

  deletePool(name: string): void {
    deletePool(this.world, this.pool(name));
  }

  createQueue(pool: string, name: string, options: { readonly priority?: number } = {}): WorkQueue {
    return createQueue(this.world, this.pool(pool), { name, ...options });
  }

  /** The newest heartbeat first. */
  workers(pool: string): readonly Worker[] {
    return workersOf(this.world, this.pool(pool));
  }

  /** Does what a worker of this name does: creates or renews its record. */
  heartbeat(pool: string, worker: string, intervalSeconds = 30): Worker {
    return recordHeartbeat(this.world, this.pool(pool), worker, intervalSeconds);
  }

  /** Deletes only the record. The next heartbeat creates another one, with another id. */
  deleteWorker(pool: string, worker: string): void {
    const record = this.workers(pool).find(({ name }) => name === worker);
    if (record !== undefined) this.world.workers.delete(record.id);
  }

  /** Creates a deployment, and its flow if none has this name. */
  createDeployment(options: DeploymentOptions): Deployment {
    const { world } = this;
    const flowName = options.flow ?? 'flow';
    const { flow } = ensureFlow(world, flowName);
    const pool = this.pool(options.pool);
    const queueName = options.queue;
    const queue =
      queueName &&
      (world.queueNamed(pool, queueName) ?? createQueue(world, pool, { name: queueName }));
    const { deployment } = upsertDeployment(world, {
      name: options.name ?? `${flowName}-deployment`,
      flow_id: flow.id,
      work_queue_id: queue ? queue.id : pool.default_queue_id,
      work_queue_name: queueName ?? null,
      job_variables: options.jobVariables ?? {},
      parameters: options.parameters ?? {},
      tags: options.tags ?? [],
      entrypoint: options.entrypoint ?? `flows.py:${flowName}`,
      pull_steps: options.pullSteps ?? [],
      concurrency_options: options.concurrencyOptions ?? null,
      enforce_parameter_schema: false,
    });
    const { concurrencyLimit: limit } = options;
    return limit === undefined ? deployment : setDeploymentLimit(world, deployment, limit);
  }

  deleteDeployment(id: string): void {
    const deployment = this.world.deployments.get(id);
    if (deployment !== undefined) deleteDeployment(this.world, deployment);
  }

  /** Schedules a run of a deployment and returns its id. */
  schedule(deployment: Deployment, options: ScheduleOptions = {}): string {
    const { world } = this;
    const due =
      (options.at && parseTimestamp(options.at)) ||
      plusSeconds(world.now(), options.inSeconds ?? 0);
    const { run } = createFlowRun(world, {
      flow_id: deployment.flow_id,
      deployment_id: deployment.id,
      deployment_version: deployment.version,
      work_queue_id: deployment.work_queue_id,
      work_queue_name: deployment.work_queue_name,
      parameters: { ...deployment.parameters, ...options.parameters },
      job_variables: options.jobVariables ?? {},
      tags: [...deployment.tags, ...(options.tags ?? [])],
      ...(options.name !== undefined && { name: options.name }),
      ...(options.retries !== undefined && {
        empirical_policy: {
          max_retries: 0,
          retry_delay_seconds: 0,
          retries: options.retries,
          retry_delay: options.retryDelaySeconds ?? 0,
          pause_keys: [],
          resuming: false,
          retry_type: null,
        },
      }),
      state: { type: 'SCHEDULED', state_details: { scheduled_time: due } },
    });
    return run.id;
  }

  run(id: string): FlowRun {
    const run = this.world.runs.get(id);
    if (run === undefined) throw new Error(`there is no flow run ${id}`);
    return run;
  }

  runs(): readonly FlowRun[] {
    return this.world.runs.all();
  }

  stateOf(id: string): State {
    return this.run(id).state;
  }

  /**
   * Ordered by the states' own times, as the server lists them. Under `late-commit` the last one
   * may not be the current state.
   */
  history(id: string): readonly State[] {
    return this.world.runs.history(id);
  }

  /** The same states in the order of writing. The last is the current state. */
  commits(id: string): readonly State[] {
    return this.commitsWithTimes(id).map(({ state }) => state);
  }

  /** With the time at which each was written. */
  commitsWithTimes(id: string): readonly Commit[] {
    return this.world.runs.commits(id);
  }

  /** Proposes a state as a user or an engine would. The server's rules decide, unless `force`. */
  setState(id: string, type: StateFacts['type'], options: StateOptions = {}): OrchestrationResult {
    const { name, message, force, clientVersion = engineVersion, details, data } = options;
    const facts = {
      type,
      ...(name !== undefined && { name }),
      ...(message !== undefined && { message }),
      ...(details !== undefined && { state_details: details }),
      data,
    };
    return proposeState(this.world, id, facts, { force: force ?? false, clientVersion }).result;
  }

  /** Does what the UI's button does. */
  cancel(id: string): OrchestrationResult {
    return this.setState(id, 'CANCELLING');
  }

  /** Adds to the existing labels. */
  setLabels(id: string, labels: FlowRun['labels']): void {
    const run = this.run(id);
    this.world.runs.put({ ...run, labels: { ...run.labels, ...labels } }, this.world.now());
  }

  deleteRun(id: string): void {
    this.world.runs.delete(id);
  }

  logsOf(id: string): readonly Log[] {
    return this.world.logs.filter((log) => log.flow_run_id === id);
  }

  get events(): readonly ReceivedEvent[] {
    return this.world.events.all;
  }

  setVariable(name: string, value: unknown): void {
    const known = this.world.variables.find((variable) => variable.name === name);
    this.world.variables.put({ ...this.world.row(), tags: [], ...known, name, value });
  }

  /** Creates a document of the block type `slug`, and the type if it does not exist. */
  createBlock(
    slug: string,
    name: string,
    data: Document,
    secretFields: readonly string[] = [],
  ): string {
    const { world } = this;
    const type =
      world.blockTypes.find((one) => one.slug === slug) ??
      createBlockType(world, { name: slug, slug });
    const fields = { title: slug, type: 'object', properties: {}, secret_fields: secretFields };
    const { schema } = createBlockSchema(world, {
      fields,
      block_type_id: type.id,
      capabilities: [],
      version: 'non-versioned',
    });
    return createBlock(world, {
      name,
      data,
      block_schema_id: schema.id,
      block_type_id: type.id,
      is_anonymous: false,
    }).id;
  }

  /** The next proposals of this name or type get this answer, before any rule. */
  rejectNext(target: string, times = 1, reason = 'Rejected on order.'): void {
    this.#order(target, { kind: 'reject', reason }, times);
  }

  abortNext(target: string, times = 1, reason = 'Aborted on order.'): void {
    this.#order(target, { kind: 'abort', reason }, times);
  }

  waitNext(target: string, delaySeconds: number, times = 1): void {
    this.#order(target, { kind: 'wait', delaySeconds, reason: 'Told to wait.' }, times);
  }

  #order(target: string, verdict: Verdict, times: number): void {
    this.world.verdicts.next(target, verdict, times);
  }
}
