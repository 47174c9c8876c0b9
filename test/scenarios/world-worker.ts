import { sharedAbortController } from '../../src/kernel/abort.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { loggerOver } from '../../src/kernel/console-logger.ts';
import type { LocalRequest } from '../../src/local/message.ts';
import { inProcessFetch, inProcessRequestHandler } from '../../src/local/in-process.ts';
import { inProcessOpener } from './in-process-opener.ts';
import { Outside, type FreezePoint, type KillPoint } from './outside.ts';
import { codeOf } from './code-of.ts';
import type { World } from './world.ts';

export interface WorkerFacts {
  readonly name?: string;
  readonly limit?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Reads the queue of task events, and warns if it is missing. Default: false. */
  readonly observes?: boolean;
  /** `--base-job-template`. */
  readonly baseJobTemplate?: JsonObject;
  /** `--run-once`. Default: false. */
  readonly runOnce?: boolean;
  /** How far the worker's own clock is behind. Default: 0. */
  readonly skewMs?: number;
  readonly killAt?: KillPoint;
  readonly freezeAt?: FreezePoint;
  /** The checkout whose code it runs. Default: this one. */
  readonly checkout?: string | undefined;
}

/** A worker in the world, composed as the `worker` command composes it. */
export class WorldWorker {
  readonly name: string;
  readonly outside: Outside;
  readonly ended: Promise<void>;
  /** The worker's process has ended, by itself or after a drain. */
  hasEnded = false;
  readonly #drain: AbortController;
  readonly #stop: AbortController;

  private constructor(
    name: string,
    outside: Outside,
    ended: Promise<void>,
    drain: AbortController,
    stop: AbortController,
  ) {
    this.name = name;
    this.outside = outside;
    this.ended = ended;
    const end = (): void => void (this.hasEnded = true);
    ended.then(end, end);
    this.#drain = drain;
    this.#stop = stop;
  }

  static async start(world: World, facts: WorkerFacts): Promise<WorldWorker> {
    const name = facts.name ?? 'worker';
    const process = world.nextProcess();
    const outside = new Outside(world.clock, facts);
    const { composeService, loadSettings } = await codeOf(facts.checkout);
    const settings = loadSettings({
      environment: {
        PREFECT_API_URL: 'http://prefect.local/api',
        PREFECT_LOGGING_TO_API_ENABLED: 'false',
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: 'http://aws.local',
        PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: String(facts.observes ?? false),
        ...facts.environment,
      },
      workingDirectory: '/nowhere',
      homeDirectory: '/nowhere',
      readTextFile: () => undefined,
    });
    const log = loggerOver((level, message, fields) => {
      if (outside.isDead) return;
      const about = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
      world.log.push(`${world.clock.now().toISOString()} ${name} ${level} ${message}${about}`);
    }, {});
    const service = await composeService({
      settings,
      options: {
        name,
        workPoolName: world.pool,
        workQueueNames: [],
        limit: facts.limit,
        createPoolIfNotFound: true,
        baseJobTemplate: facts.baseJobTemplate,
        heartbeatSeconds: settings.worker.heartbeatSeconds,
        querySeconds: settings.worker.querySeconds,
        prefetchSeconds: settings.worker.prefetchSeconds,
        enableCancellation: settings.worker.enableCancellation,
        cancellationPollSeconds: settings.worker.cancellationPollSeconds,
        runOnce: facts.runOnce ?? false,
      },
      log,
      workerLog: log,
      showLine: ({ id }, message) => {
        if (!outside.isDead) world.output.push({ flowRunId: id, message });
      },
      clock: outside.clock,
      random: world.random,
      network: {
        fetch: inProcessFetch(
          outside.handler(
            (request) =>
              world.witness.prefect({ kind: 'worker', name, process }, request, () =>
                world.betweenPrefect(request, () => world.prefect.handle(request), name),
              ),
            (request) => `${request.method} ${pathOf(request)}`,
          ),
        ),
        openSocket: inProcessOpener((upgrade) => world.prefect.upgrade(upgrade), outside),
        credentialSource: world.credentialSource,
        // The SDK's types name its own classes, which this handler implements.
        aws: inProcessRequestHandler(
          outside.handler(
            (request) =>
              world.witness.aws({ name, process }, operationOf(request), request, () =>
                world.betweenAws(request, () => world.aws.handle(request), name),
              ),
            (request) => `aws:${operationOf(request)}`,
          ),
        ) as never,
      },
    });
    const drain = sharedAbortController();
    const stop = sharedAbortController();
    const ended = service.run({ drain: drain.signal, stop: stop.signal });
    ended.catch((error: unknown) => world.log.push(`${name} broke: ${String(error)}`));
    return new WorldWorker(name, outside, ended, drain, stop);
  }

  /** SIGKILL. */
  kill(): void {
    this.outside.kill();
  }

  get isDraining(): boolean {
    return this.#drain.signal.aborted;
  }

  /** SIGTERM. */
  drain(): void {
    this.#drain.abort(new Error('drain'));
  }

  stop(): void {
    this.#stop.abort(new Error('stop'));
  }
}

/** The path of a request to Prefect, with ids replaced. */
export function pathOf(request: LocalRequest): string {
  return new URL(request.url).pathname.replace(/^\/api/, '').replace(/[0-9a-f-]{36}/g, '{id}');
}

export function operationOf(request: LocalRequest): string {
  return request.headers.get('x-amz-target')?.split('.')[1] ?? 'query';
}
