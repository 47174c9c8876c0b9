import { loadSharedConfigFiles } from '@smithy/core/config';
import { defaultBaseJobTemplate } from '../../src/core/prefect/base-job-template.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { seededRandom, type Random } from '../../src/kernel/random.ts';
import {
  LocalAws,
  LocalPrefect,
  SimulatedEngine,
  type LocalAwsOptions,
  type LocalPrefectOptions,
} from '../../src/local/index.ts';
import type { Answer, LocalRequest } from '../../src/local/message.ts';
import type { Network } from '../../src/service/compose.ts';
import { inProcessFetch, inProcessSocket } from '../../src/local/in-process.ts';

import { EngineExecutor, type ProcessStory, type SpokenLine } from './engine-executor.ts';
import { msOf } from './durations.ts';
import { WorldWorker, type WorkerFacts } from './world-worker.ts';
import { wrongsAtAllTimes, type Invariant } from './invariants/all.ts';
import { storiesOf } from './run-story.ts';
import { seenEveryMs, Witness } from './witness.ts';

export interface WorldOptions {
  readonly seed?: number;
  readonly aws?: Partial<LocalAwsOptions>;
  readonly prefect?: Partial<LocalPrefectOptions>;
  /** What flow runs do. Called once for each container. */
  readonly story?: (flowRunId: string) => ProcessStory;
  /** What their containers write to the log. Default: nothing. */
  readonly speech?: (flowRunId: string) => readonly SpokenLine[];
  /** Invariants that the scenario breaks on purpose, with reasons. The end checks all others. */
  readonly leaves?: Readonly<Partial<Record<Invariant | 'all', string>>>;
}

type Deployment = ReturnType<LocalPrefect['createDeployment']>;

const pool = 'pool';
const account = '123456789012';

/**
 * A Prefect, an AWS, flow runs and workers in one process, on one manual clock. Nothing sleeps in
 * real time and nothing opens a real socket, so that thousands of scenarios run in a minute.
 */
export class World implements AsyncDisposable {
  readonly pool = pool;
  #processes = 0;
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly prefect: LocalPrefect;
  readonly aws: LocalAws;
  readonly engine: SimulatedEngine;
  readonly executor: EngineExecutor;
  /** Intercepts every request of the workers to AWS. */
  betweenAws: (
    request: LocalRequest,
    answer: () => Promise<Answer>,
    worker: string,
  ) => Promise<Answer> = (_, answer) => answer();
  /** Intercepts every request of the workers to Prefect. */
  betweenPrefect: (
    request: LocalRequest,
    answer: () => Promise<Answer>,
    worker: string,
  ) => Promise<Answer> = (_, answer) => answer();
  /** Source of a worker's own credentials. Undefined: the environment of this process. */
  credentialSource: Network['credentialSource'];
  readonly log: string[] = [];
  /** The lines of containers that workers streamed. */
  readonly output: { readonly flowRunId: string; readonly message: string }[] = [];
  readonly deployment: Deployment;
  readonly witness = new Witness(this.clock);
  isLimited = false;
  readonly #leaves: WorldOptions['leaves'];
  readonly #workers: WorldWorker[] = [];

  private constructor(options: WorldOptions) {
    const { clock, witness } = this;
    this.#leaves = options.leaves;
    this.random = seededRandom(options.seed ?? 1);
    this.prefect = new LocalPrefect({ clock, random: this.random, ...options.prefect });
    this.engine = new SimulatedEngine({
      clock,
      random: this.random,
      fetch: inProcessFetch((request) =>
        witness.prefect({ kind: 'process' }, request, () => this.prefect.handle(request)),
      ),
      socket: inProcessSocket((upgrade) => this.prefect.upgrade(upgrade)),
    });
    this.executor = new EngineExecutor({
      engine: this.engine,
      clock,
      story: options.story ?? (() => ({})),
      speech: options.speech ?? (() => []),
    });
    this.aws = new LocalAws({
      clock,
      random: this.random,
      executor: this.executor,
      account,
      ...options.aws,
    });
    this.prefect.createPool(pool, { baseJobTemplate: templateFor({}) });
    this.deployment = this.prefect.createDeployment({ pool });
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    // Loaded here, since a lazy import takes real time while the manual clock stands.
    await Promise.all([
      import('../../src/aws/create-aws.ts'),
      import('../../src/aws/queue.ts'),
      import('../../src/aws/log-reads.ts'),
      import('../../src/aws/network-reads.ts'),
    ]);
    await import('@aws-sdk/credential-providers');
    // The SDK reads these files at its first call and keeps them. Read here, since that takes real
    // time as well.
    await loadSharedConfigFiles();
    // The observer's own credentials come from the SDK's chain, which reads this process's
    // environment.
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: 'x' });
    return new World(options);
  }

  /** The template that a new world's pool has. */
  get template(): JsonObject {
    return templateFor({});
  }

  /** Sets defaults of the pool's variables, and members of every RunTask request. */
  configurePool(defaults: JsonObject, taskRunRequest: JsonObject = {}): void {
    this.prefect.updatePool(pool, { base_job_template: templateFor(defaults, taskRunRequest) });
  }

  /** Sets the deployment's concurrency limit. */
  limitDeployment(concurrencyLimit: number): void {
    this.isLimited = true;
    this.prefect.createDeployment({ pool, concurrencyLimit });
  }

  /** The deployment's slots in use. */
  get slots(): number {
    const { limits } = this.prefect.world;
    const limit = limits.find(`deployment:${this.deployment.id}`);
    return limit === undefined ? 0 : limits.activeSlots(limit);
  }

  schedule(count = 1, deployment = this.deployment): readonly string[] {
    return Array.from({ length: count }, () => this.prefect.schedule(deployment));
  }

  nextProcess(): number {
    this.#processes += 1;
    return this.#processes;
  }

  async startWorker(facts: WorkerFacts = {}): Promise<WorldWorker> {
    const worker = await WorldWorker.start(this, facts);
    this.#workers.push(worker);
    return worker;
  }

  /** Times of the polls, in seconds. */
  polls(): readonly number[] {
    return this.prefect.calls
      .filter(({ operation }) => operation.endsWith('/get_scheduled_flow_runs'))
      .map(({ atMs }) => atMs / 1000);
  }

  async elapse(duration: string): Promise<void> {
    for (let leftMs = msOf(duration); leftMs >= 0; leftMs -= seenEveryMs) {
      await this.clock.elapse(Math.min(leftMs, seenEveryMs));
      this.witness.see(this.aws);
    }
  }

  /** Lets time pass in steps until `isSo` holds. Throws when it does not hold in time. */
  async until(what: string, isSo: () => boolean, within = '30m', step = '1s'): Promise<void> {
    for (let left = msOf(within); left > 0 && !isSo(); left -= msOf(step)) await this.elapse(step);
    if (!isSo()) {
      const lastLines = this.log.slice(-60).join('\n');
      throw new Error(`timed out after ${within} waiting until ${what}\n${lastLines}`);
    }
  }

  stateOf(flowRunId: string): string {
    return this.prefect.stateOf(flowRunId).name;
  }

  statesOf(flowRunId: string): readonly string[] {
    return this.prefect.history(flowRunId).map((state) => state.name);
  }

  /** The run's tasks that ECS still knows, found by the mark in `startedBy`. */
  tasksOf(flowRunId: string) {
    return this.aws.tasks().filter((task) => task.startedBy?.includes(flowRunId) === true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wrongs = wrongsAtAllTimes(storiesOf(this), this.#leaves);
    for (const worker of this.#workers) worker.kill();
    await this.aws[Symbol.asyncDispose]();
    await this.prefect[Symbol.asyncDispose]();
    if (wrongs.length > 0) throw new Error(`broken invariants:\n${wrongs.join('\n')}`);
  }
}

function templateFor(defaults: JsonObject, taskRunRequest: JsonObject = {}): JsonObject {
  const template = structuredClone(defaultBaseJobTemplate);
  // the built-in template is known to have this shape
  const configuration = template['job_configuration'] as JsonObject;
  Object.assign(configuration['task_run_request'] as JsonObject, taskRunRequest); // as above
  const variables = template['variables'] as JsonObject; // as above
  const properties = variables['properties'] as Record<string, JsonObject>; // as above
  const all: JsonObject = {
    aws_credentials: {
      aws_access_key_id: account,
      aws_secret_access_key: 'x',
      region_name: 'us-east-1',
    },
    ...defaults,
  };
  for (const [name, value] of Object.entries(all))
    properties[name] = { ...properties[name], default: value };
  return template;
}
