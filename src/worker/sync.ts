import { defaultBaseJobTemplate } from '../core/prefect/base-job-template.ts';
import { isPassing, needsMending } from '../core/prefect/api-error.ts';
import type { WorkPool } from '../core/prefect/work-pool.ts';
import { jitteredMs } from '../kernel/backoff.ts';
import { toError } from '../kernel/errors.ts';
import { Outage, usualPace } from '../kernel/outage.ts';
import { heartbeatOf, type SendBeat } from './heartbeat.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

const missingToldEveryMs = 10 * 60_000;

/**
 * What the worker knows of its pool. Runs read it when they start; a run that has begun keeps what
 * it read.
 */
export class PoolView {
  #workPool: WorkPool | undefined;
  #missingToldMs = -Infinity;
  #backendId: string | undefined;
  readonly #onPoolChange = new Set<() => void>();
  readonly #onTypeChange = new Set<(type: string) => void>();
  #begunAs: string | undefined;
  readonly #waiting: ((workPool: WorkPool) => void)[] = [];

  get workPool(): WorkPool | undefined {
    return this.#workPool;
  }

  /** The id that Prefect Cloud gives the worker; a self-hosted server gives none. */
  get backendId(): string | undefined {
    return this.#backendId;
  }

  /** Whether to log now that the pool does not exist: at first, and every ten minutes. */
  isMissingToBeTold(nowMs: number): boolean {
    const isDue = nowMs - this.#missingToldMs >= missingToldEveryMs;
    if (isDue) this.#missingToldMs = nowMs;
    return isDue;
  }

  update(workPool: WorkPool): void {
    this.#missingToldMs = -Infinity;
    const before = this.#workPool;
    this.#workPool = workPool;
    this.#begunAs ??= workPool.type;
    if (before !== undefined && before.id !== workPool.id)
      for (const tell of this.#onPoolChange) tell();
    if (before !== undefined && before.type !== workPool.type)
      for (const tell of this.#onTypeChange) tell(workPool.type);
    for (const tell of this.#waiting.splice(0)) tell(workPool);
  }

  /** Resolves with the pool once it is known; rejects with the signal's reason. */
  known(signal: AbortSignal): Promise<WorkPool> {
    if (signal.aborted) return Promise.reject(toError(signal.reason));
    if (this.#workPool !== undefined) return Promise.resolve(this.#workPool);
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(toError(signal.reason));
      signal.addEventListener('abort', stop, { once: true });
      this.#waiting.push((workPool) => {
        signal.removeEventListener('abort', stop);
        resolve(workPool);
      });
    });
  }

  /** Calls back when the pool of this name has another id: it was deleted and recreated. */
  whenPoolChanges(listener: () => void): () => void {
    this.#onPoolChange.add(listener);
    return () => void this.#onPoolChange.delete(listener);
  }

  /** Calls back with the new type when the pool's type has changed. */
  whenTypeChanges(listener: (type: string) => void): () => void {
    this.#onTypeChange.add(listener);
    return () => void this.#onTypeChange.delete(listener);
  }

  /**
   * The pool was ours and now belongs to another kind of worker: its runs are not ours. (A worker
   * started with `--type ecs` on such a pool is meant to work.)
   */
  get isForeign(): boolean {
    return this.#begunAs === 'ecs' && this.#workPool !== undefined && this.#workPool.type !== 'ecs';
  }

  identify(backendId: string): void {
    this.#backendId = backendId;
  }
}

const heartbeatJitter = 0.3;

/** The view to keep up to date, and how to send a heartbeat. */
export interface SyncedPool {
  readonly view: PoolView;
  readonly beat: SendBeat;
}

/**
 * Reads or creates the pool, fills in an empty template and sends a heartbeat. Does nothing while
 * the channel does all that (prefect-api.md 2.2, 2.3).
 */
export async function syncOnce(
  options: WorkerOptions,
  ports: WorkerPorts,
  { view, beat }: SyncedPool,
  signal: AbortSignal,
): Promise<void> {
  const before = ports.sockets.channel();
  // the channel delivers the pool and sends heartbeats
  if (before.isHealthy && before.hasSnapshot) return;
  const found = await readOrCreatePool(options, ports, signal);
  const workPool = found?.workPool;
  if (workPool === undefined) {
    if (view.isMissingToBeTold(ports.clock.monotonicMs()))
      ports.log.warning(`Work pool '${options.workPoolName}' not found!`);
    return;
  }
  const isFirst = view.workPool === undefined;
  const completed = await withTemplate(workPool, ports, signal);
  if (isFirst && options.baseJobTemplate !== undefined && found?.isOurs === false) {
    ports.log.warning(
      `--base-job-template is ignored: work pool '${workPool.name}' already exists ` +
        'and keeps its template. To change it: ' +
        `prefect work-pool update ${workPool.name} --base-job-template FILE.`,
    );
  }
  const now = ports.sockets.channel();
  // otherwise the channel has delivered something newer
  if (now.snapshots === before.snapshots) view.update(completed);
  if (isFirst && workPool.type !== 'ecs') ports.log.warning(typeMismatch(workPool.type));
  if (now.isHealthy) return;
  await beat(async (inTime) => {
    const { workerId, isFirstAttempt } = await ports.prefect.sendHeartbeat(
      heartbeatOf(options),
      inTime,
    );
    if (workerId !== undefined) view.identify(workerId);
    return isFirstAttempt ? 'answered' : 'unsure';
  }, signal);
}

interface FoundPool {
  readonly workPool: WorkPool;
  /** Created just now, with the given template. */
  readonly isOurs: boolean;
}

export function typeMismatch(type: string): string {
  return (
    `Worker type mismatch! This worker process expects type 'ecs' but received '${type}' from the server. ` +
    'Unexpected behavior may occur.'
  );
}

async function readOrCreatePool(
  options: WorkerOptions,
  ports: WorkerPorts,
  signal: AbortSignal,
): Promise<FoundPool | undefined> {
  const known = await existing(options, ports, signal);
  if (known !== undefined || !options.createPoolIfNotFound) return known;
  const baseJobTemplate = options.baseJobTemplate ?? defaultBaseJobTemplate;
  const created = await ports.prefect.createWorkPool(
    { name: options.workPoolName, type: 'ecs', baseJobTemplate },
    signal,
  );
  if (created === 'already-exists') return existing(options, ports, signal);
  ports.log.info(`Work pool '${options.workPoolName}' created.`);
  return { workPool: created, isOurs: true };
}

async function existing(
  options: WorkerOptions,
  ports: WorkerPorts,
  signal: AbortSignal,
): Promise<FoundPool | undefined> {
  const workPool = await ports.prefect.readWorkPool(options.workPoolName, signal);
  return workPool === undefined ? undefined : { workPool, isOurs: false };
}

/**
 * The pool of a snapshot. An empty template is filled in at the server, which then sends the pool
 * again.
 */
export function poolOfSnapshot(workPool: WorkPool): WorkPool {
  const isEmpty = Object.keys(workPool.baseJobTemplate).length === 0;
  return isEmpty ? { ...workPool, baseJobTemplate: defaultBaseJobTemplate } : workPool;
}

/**
 * Gives a pool without a template the built-in one: here always, and at the server only if the
 * pool's type is ours (prefect-api.md 2.2).
 */
async function withTemplate(
  workPool: WorkPool,
  ports: WorkerPorts,
  signal: AbortSignal,
): Promise<WorkPool> {
  if (Object.keys(workPool.baseJobTemplate).length > 0) return workPool;
  if (workPool.type === 'ecs')
    await ports.prefect.updateWorkPool(
      workPool.name,
      { base_job_template: defaultBaseJobTemplate },
      signal,
    );
  return { ...workPool, baseJobTemplate: defaultBaseJobTemplate };
}

/**
 * The first sync. While the server is unreachable or unavailable, it retries and logs one line. It
 * throws a 4xx answer, and an error that no waiting fixes, such as an untrusted certificate: a
 * wrong setting should fail at once (decisions.md 8).
 */
export async function syncAtStart(
  options: WorkerOptions,
  ports: WorkerPorts,
  synced: SyncedPool,
  signal: AbortSignal,
): Promise<void> {
  try {
    await syncOnce(options, ports, synced, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (options.runOnce || needsMending(error) || !isPassing(error)) throw error;
    ports.log.warning(
      `Could not reach Prefect, will keep attempting to connect: ${toError(error).message}`,
    );
  }
}

/** Syncs every heartbeat interval. No answer ends the loop. */
export async function syncLoop(
  options: WorkerOptions,
  ports: WorkerPorts,
  synced: SyncedPool,
  signal: AbortSignal,
): Promise<void> {
  const { view } = synced;
  const outage = new Outage({ what: 'The heartbeat', calls: 'heartbeats' }, ports);
  let isConnected = view.workPool !== undefined;
  while (!signal.aborted) {
    const baseMs =
      view.workPool === undefined
        ? Math.min(5, options.heartbeatSeconds) * 1000
        : options.heartbeatSeconds * 1000;
    await ports.clock.sleep(jitteredMs(baseMs, heartbeatJitter, ports.random), signal);
    const begunMs = ports.clock.monotonicMs();
    try {
      await syncOnce(options, ports, synced, signal);
      if (!isConnected) ports.log.info('Connected to Prefect.');
      isConnected = true;
      outage.succeeded();
      ports.denials.answered('heartbeats');
    } catch (error) {
      signal.throwIfAborted();
      outage.failed(toError(error), usualPace, begunMs);
      ports.denials.failed('heartbeats', toError(error));
    }
  }
}
