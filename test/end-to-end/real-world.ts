import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { z } from 'zod';
import {
  commandScript,
  projectRoot,
  startProcess,
  until,
  type RunningProcess,
} from './processes.ts';

const Identified = z.looseObject({ id: z.string() });

const RunDocument = z.looseObject({
  id: z.string(),
  name: z.string(),
  state_type: z.string(),
  state_name: z.string(),
  state: z.looseObject({ message: z.string().nullish() }).nullish(),
  infrastructure_pid: z.string().nullish(),
});
export type RunDocument = z.infer<typeof RunDocument>;

const StateDocument = z.looseObject({
  type: z.string(),
  name: z.string(),
  message: z.string().nullish(),
  timestamp: z.string(),
});
export type StateDocument = z.infer<typeof StateDocument>;

const finalTypes = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'];

/** The server's page limit. */
const mostRunsACall = 200;

const LocalTasks = z.array(
  z.looseObject({
    taskArn: z.string(),
    lastStatus: z.string(),
    tags: z.array(z.looseObject({ key: z.string(), value: z.string() })),
  }),
);

export type DeploymentOptions = {
  readonly name?: string;
  readonly jobVariables?: Readonly<Record<string, unknown>>;
};

/**
 * A real Prefect server, the local AWS and our worker, each in its own process, with the steps that
 * tests take.
 */
export class RealWorld implements AsyncDisposable {
  readonly apiUrl: string;
  readonly pool: string;
  readonly folder: string;
  readonly #ecs: RunningProcess;
  readonly awsEnvironment: Readonly<Record<string, string>>;
  readonly #workers: RunningProcess[] = [];

  private constructor(
    apiUrl: string,
    pool: string,
    folder: string,
    ecs: RunningProcess,
    awsEnvironment: Readonly<Record<string, string>>,
  ) {
    this.apiUrl = apiUrl;
    this.pool = pool;
    this.folder = folder;
    this.#ecs = ecs;
    this.awsEnvironment = awsEnvironment;
  }

  static async start(pool: string): Promise<RealWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-world-'));
    const image = `prefecthq/prefect:*=${projectRoot}.venv`;
    const ecs = startProcess(
      process.execPath,
      [commandScript, 'dev', '--local-aws-only', '--json', '--image', image],
      {},
      folder,
    );
    const ready = await ecs.line(/^\{"AWS_ENDPOINT_URL"/);
    const environment = z.record(z.string(), z.string()).parse(JSON.parse(ready));
    return new RealWorld(inject('prefectApiUrl'), pool, folder, ecs, environment);
  }

  get ecsLines(): readonly string[] {
    return this.#ecs.lines;
  }

  /** Starts our worker and waits until it logs that it has started. */
  async startWorker(
    args: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RunningProcess> {
    const worker = startProcess(
      process.execPath,
      [commandScript, 'worker', 'start', '--pool', this.pool, '--type', 'ecs', ...args],
      {
        ...this.awsEnvironment,
        PREFECT_API_URL: this.apiUrl,
        PREFECT_HOME: this.folder,
        PREFECT_WORKER_QUERY_SECONDS: '1',
        ...environment,
      },
      this.folder,
    );
    this.#workers.push(worker);
    await worker.line(/started!/);
    return worker;
  }

  /** Starts the unchanged Python worker and waits until it logs that it has started. */
  async startPythonWorker(
    name: string,
    environment: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<RunningProcess> {
    const worker = startProcess(
      `${projectRoot}.venv/bin/prefect`,
      ['worker', 'start', '--pool', this.pool, '--type', 'ecs', '--name', name, ...args],
      {
        ...this.awsEnvironment,
        PREFECT_API_URL: this.apiUrl,
        PREFECT_HOME: this.folder,
        PREFECT_WORKER_QUERY_SECONDS: '1',
        ...environment,
      },
      this.folder,
    );
    this.#workers.push(worker);
    await worker.line(/started!/, 60_000);
    return worker;
  }

  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    // A server on SQLite answers 503 while its database is locked. That is not under test, so the
    // request is repeated.
    const response = await until(`${method} ${path} to be answered`, 30_000, async () => {
      const asked = fetch(`${this.apiUrl}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = method === 'GET' ? await asked.catch(() => undefined) : await asked;
      return answer?.status === 503 ? undefined : answer;
    });
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  /** Creates a deployment of a flow in `flows/flows.py`. The pool must exist. */
  async deploy(flow: string, options: DeploymentOptions = {}): Promise<string> {
    const { id } = Identified.parse(
      await this.api('POST', '/flows/', { name: flow.replaceAll('_', '-') }),
    );
    const directory = `${projectRoot}test/end-to-end/flows`;
    const deployment = await this.api('POST', '/deployments/', {
      name: options.name ?? `${this.pool}-${flow}`,
      flow_id: id,
      work_pool_name: this.pool,
      entrypoint: `flows.py:${flow}`,
      pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory } }],
      job_variables: { task_watch_poll_interval: 1, ...options.jobVariables },
      enforce_parameter_schema: false,
    });
    return Identified.parse(deployment).id;
  }

  /** Schedules one run for now, through the API of the UI's Run button. */
  async schedule(
    deploymentId: string,
    parameters: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const run = await this.api('POST', `/deployments/${deploymentId}/create_flow_run`, {
      parameters,
      state: { type: 'SCHEDULED', name: 'Scheduled' },
    });
    return Identified.parse(run).id;
  }

  async read(runId: string): Promise<RunDocument> {
    return RunDocument.parse(await this.api('GET', `/flow_runs/${runId}`));
  }

  /** Reads these runs, 200 a call, in the server's order. */
  async readAll(runIds: readonly string[]): Promise<readonly RunDocument[]> {
    const found: RunDocument[] = [];
    for (let at = 0; at < runIds.length; at += mostRunsACall) {
      const ids = runIds.slice(at, at + mostRunsACall);
      const body = { flow_runs: { id: { any_: ids } }, limit: mostRunsACall };
      found.push(...z.array(RunDocument).parse(await this.api('POST', '/flow_runs/filter', body)));
    }
    return found;
  }

  /** Waits until all these runs are in a state of this type. */
  allAre(
    runIds: readonly string[],
    type: string,
    withinMs: number,
  ): Promise<readonly RunDocument[]> {
    return until(
      `${runIds.length} runs to be ${type}`,
      withinMs,
      async () => {
        const runs = await this.readAll(runIds);
        const other = runs.find(
          (run) => run.state_type !== type && finalTypes.includes(run.state_type),
        );
        if (other !== undefined) {
          throw new Error(
            `run ${other.id} ended ${other.state_type} (${other.state?.message ?? 'no message'})`,
          );
        }
        return runs.every((run) => run.state_type === type) ? runs : undefined;
      },
      1_000,
    );
  }

  /** Waits until a run is in a state of this type. */
  stateOf(runId: string, type: string, withinMs = 90_000): Promise<RunDocument> {
    return until(
      `run ${runId} to be ${type}`,
      withinMs,
      async () => {
        const run = await this.read(runId);
        if (run.state_type === type) return run;
        if (finalTypes.includes(run.state_type)) {
          throw new Error(
            `run ended ${run.state_type} (${run.state?.message ?? 'no message'}), not ${type}`,
          );
        }
        return undefined;
      },
      250,
    );
  }

  /** All states of the run, oldest first. */
  async historyOf(runId: string): Promise<readonly StateDocument[]> {
    const states = z
      .array(StateDocument)
      .parse(await this.api('GET', `/flow_run_states/?flow_run_id=${runId}`));
    return states.toSorted((one, other) => Date.parse(one.timestamp) - Date.parse(other.timestamp));
  }

  /** Waits until the run's log in Prefect has this line, since lines are sent in batches. */
  logLine(runId: string, line: string | RegExp): Promise<true> {
    const isIt = (logged: string): boolean =>
      typeof line === 'string' ? logged === line : line.test(logged);
    return until(`run ${runId} to log '${line}'`, 20_000, async () =>
      (await this.logsOf(runId)).some(isIt) ? true : undefined,
    );
  }

  async logsOf(runId: string): Promise<readonly string[]> {
    const entries = z.array(z.looseObject({ message: z.string() })).parse(
      await this.api('POST', '/logs/filter', {
        logs: { flow_run_id: { any_: [runId] } },
        limit: 200,
      }),
    );
    return entries.map((entry) => entry.message);
  }

  /** Counts the calls that the local AWS has answered, by `service:Operation`. */
  async awsCalls(): Promise<Readonly<Record<string, number>>> {
    return z.record(z.string(), z.number()).parse(await this.#ecsControl('/_local/calls'));
  }

  async awsTasks(): Promise<z.infer<typeof LocalTasks>> {
    return LocalTasks.parse(await this.#ecsControl('/_local/tasks'));
  }

  async #ecsControl(path: string): Promise<unknown> {
    const {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
    } = this.awsEnvironment;
    const login = btoa(`${id ?? ''}:${secret ?? ''}`);
    const response = await fetch(`${url ?? ''}${path}`, {
      headers: { authorization: `Basic ${login}` },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) await worker[Symbol.asyncDispose]();
    await this.#ecs[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
