import { parseClaimMessage, parseFollower, type Owner } from '../core/claim/claim-record.ts';
import type { FlowRunHead } from '../core/prefect/flow-run.ts';
import { linkAbort } from '../kernel/abort.ts';
import { toError } from '../kernel/errors.ts';
import { Semaphore } from '../kernel/semaphore.ts';
import { Cancelled } from '../kernel/task-group.ts';
import type { Orphan } from '../run/adopt/adopt.ts';
import { stopUnfollowedTask } from '../run/adopt/stop-unfollowed-task.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { Peers } from './peers.ts';
import type { WorkerOptions } from './worker-ports.ts';
import type { ReadLane } from '../run/states/looks.ts';

const roundEveryMs = 10 * 60_000;
const roundAfterTroubleMs = 60_000;
/** A `Date` header has whole seconds, so Prefect's clock as we know it may be behind by one. */
const dateStepMs = 1_000;
const cancelledWithinMs = 2 * 3_600_000;
/** Of runs that were seen to need nothing, so many are remembered. */
const settledAtMost = 10_000;
/** Calls of adoption to Prefect at once: its living workers are to be served meanwhile. */
const callsAtOnce = 8;
/** Tasks of cancelled runs that are stopped at once, in a lane of their own. */
const stopsAtOnce = 4;
/** What was let fall is looked at again after these. */
const takeUpAfterMs = [60_000, 120_000, 240_000, 480_000, 600_000] as const;

/** Starts the adoption of a run, beside everything else; resolves when that is over. */
export type StartAdoption = (orphan: Orphan, lane: ReadLane) => Promise<void>;

/**
 * Looks for runs of the pool that nobody follows (ownership.md 9.7): after the first sync, when a worker of the pool
 * left, and every ten minutes. What a dead worker knew is in Prefect and in ECS; nothing of it was on a disk. A page says
 * only whom to look at.
 */
export class Adoption {
  readonly #options: WorkerOptions;
  readonly #ports: RunPorts;
  readonly #peers: Peers;
  readonly #start: StartAdoption;
  /** Runs that were looked at and need nothing, by the state in which they were: one that changed is looked at again. */
  readonly #settled = new Map<string, string>();
  readonly #underWay = new Set<string>();
  readonly #calls = new Semaphore(callsAtOnce);
  readonly #stops = new Semaphore(stopsAtOnce);
  readonly #begun: Promise<void>;
  #begin: () => void = () => undefined;
  /** Processes of our name that had runs when we began. */
  readonly #predecessors = new Set<string>();
  /** Processes of our name that claimed after we began. */
  readonly #namesakes = new Set<string>();
  /** Runs that we found when we began, and whose owner only a look tells. */
  readonly #ownerless = new Set<string>();
  /** By Prefect's clock, at the latest; undefined: no round was made yet. */
  #begunAtMs: number | undefined;
  readonly #stopped: AbortSignal;
  #wake: () => void = () => undefined;
  #isDue = false;
  #letFall = 0;
  #takeUpAtMs: number | undefined;

  constructor(
    options: WorkerOptions,
    ports: RunPorts,
    peers: Peers,
    start: StartAdoption,
    stopped: AbortSignal,
  ) {
    this.#options = options;
    this.#ports = ports;
    this.#peers = peers;
    this.#start = start;
    this.#stopped = stopped;
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /** A round soon, instead of in its time. */
  hurry(): void {
    this.#isDue = true;
    this.#wake();
  }

  /** Something was let fall that may still be ours: a round in a minute, and ever later while it goes on. */
  takeUpAgain(): void {
    if (this.#takeUpAtMs !== undefined) return;
    const afterMs = takeUpAfterMs[Math.min(this.#letFall, takeUpAfterMs.length - 1)] ?? roundEveryMs;
    this.#letFall += 1;
    this.#takeUpAtMs = this.#ports.clock.monotonicMs() + afterMs;
    this.#wake();
  }

  /** Resolves when the first round has looked: what lives already has its slots then. */
  get begun(): Promise<void> {
    return this.#begun;
  }

  /** Rounds until the signal; for when the pool is known. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const wasWell = await this.#roundSafely(signal);
      this.#begin();
      await this.#pause(wasWell ? roundEveryMs : roundAfterTroubleMs, signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const untilMs = clock.monotonicMs() + ms;
    for (;;) {
      const dueMs = this.#isDue ? 0 : Math.min(untilMs, this.#takeUpAtMs ?? Infinity);
      const leftMs = dueMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      using nap = linkAbort(signal);
      this.#wake = () => nap.abort(new Cancelled('a round may be due'));
      try {
        await clock.sleep(leftMs, nap.signal);
      } catch {
        signal.throwIfAborted();
      } finally {
        this.#wake = () => undefined;
      }
    }
    this.#isDue = false;
    if (this.#takeUpAtMs !== undefined && this.#takeUpAtMs <= clock.monotonicMs())
      this.#takeUpAtMs = undefined;
    else if (this.#takeUpAtMs === undefined) this.#letFall = 0;
  }

  async #roundSafely(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#round(signal);
      this.#begunAtMs ??= this.#ports.prefect.server.now().getTime() + dateStepMs;
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.workerLog.debug('Looking for runs that nobody follows failed', {
        error: toError(error).message,
      });
      return false;
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { prefect } = this.#ports;
    const { workPoolName, workQueueNames } = this.#options;
    const pool = { workPoolName, workQueueNames };
    const unended = { ...pool, stateTypes: ['PENDING', 'RUNNING', 'CANCELLING', 'PAUSED'] };
    const retrying = { ...pool, stateTypes: ['SCHEDULED'], stateNames: ['AwaitingRetry'] };
    for (const filter of [unended, retrying])
      await prefect.listFlowRuns(filter, (head) => this.#adoptIfOrphan(head), signal);
    const endedAfter = new Date(prefect.server.now().getTime() - cancelledWithinMs).toISOString();
    const cancelled = { ...pool, stateTypes: ['CANCELLED'], endedAfter };
    await prefect.listFlowRuns(cancelled, (head) => this.#stopIfLeft(head, signal), signal);
  }

  /** Whether neither this process nor one that lives seems to follow the run; lets go of what another one follows. */
  #adoptIfOrphan(head: FlowRunHead): void {
    const { active } = this.#ports;
    if (head.stateType === 'SCHEDULED' && head.retryType !== 'in_process') return;
    const follower = parseFollower(head.labels);
    if (active.has(head.id, follower?.launchId)) {
      if (follower !== undefined && follower.processId !== this.#me) active.letGo(head.id, follower.launchId);
      return;
    }
    const claimant = parseClaimMessage(head.state?.message) ?? follower;
    if (claimant === undefined && this.#begunAtMs === undefined) this.#ownerless.add(head.id);
    this.#meet(claimant);
    const isGone = !this.#isAlive(claimant, claimedAtIn(head)) || this.#isStale(head);
    if (!isGone || this.#underWay.has(head.id) || this.#isSettled(head)) return;
    this.#underWay.add(head.id);
    const judged = (owner: Owner | undefined, claimedAt: string | undefined): boolean => {
      this.#meet(owner, this.#ownerless.has(head.id));
      return !this.#isAlive(owner, claimedAt) || this.#isStale(head);
    };
    const lastHeartbeatOf = (owner: Owner | undefined): string | undefined => this.#lastHeartbeatOf(owner);
    void this.#start({ flowRun: head, isGone: judged, lastHeartbeatOf }, this.#lane).finally(() =>
      this.#underWay.delete(head.id),
    );
  }

  /** Nothing waits for it: a stop that hangs delays no round and no poll. */
  #stopIfLeft(head: FlowRunHead, signal: AbortSignal): void {
    this.#meet(parseFollower(head.labels)); // its process may say Running yet (core/claim/meaning-of-end.ts)
    if (this.#isSettled(head) || this.#underWay.has(head.id) || this.#ports.active.has(head.id)) return;
    this.#underWay.add(head.id);
    void this.#stopLeft(head, signal).finally(() => this.#underWay.delete(head.id));
  }

  async #stopLeft(head: FlowRunHead, signal: AbortSignal): Promise<void> {
    try {
      using _turn = await this.#stops.take(signal);
      if (await stopUnfollowedTask(head, this.#lane, this.#ports, signal)) this.#settle(head);
    } catch (error) {
      if (!signal.aborted)
        this.#ports.workerLog.debug('A left task was not looked at', { error: toError(error).message });
    }
  }

  readonly #lane: ReadLane = async (work) => {
    using _turn = await this.#calls.take(this.#stopped);
    return await work();
  };

  #isSettled({ id, stateId }: FlowRunHead): boolean {
    return stateId !== undefined && this.#settled.get(id) === stateId;
  }

  #settle({ id, stateId }: FlowRunHead): void {
    if (stateId === undefined) return;
    this.#settled.delete(id);
    this.#settled.set(id, stateId);
    if (this.#settled.size <= settledAtMost) return;
    for (const oldest of this.#settled.keys()) {
      this.#settled.delete(oldest);
      return;
    }
  }

  get #me(): string {
    return this.#ports.worker().processId;
  }

  /** Whether somebody else follows the run. An owner that is this process, without a record, follows nothing. */
  #isAlive(owner: Owner | undefined, claimedAt: string | undefined): boolean {
    if (owner === undefined || owner.processId === this.#me) return false;
    if (owner.workerName === this.#ports.worker().name) return this.#isNamesake(owner, claimedAt);
    const isDead = this.#peers.isDead(owner, this.#ports.clock.monotonicMs());
    // Nobody has seen it live, and who never was there never turns OFFLINE: it is judged again in a minute.
    if (!isDead && this.#peers.isUnheardOf(owner)) this.takeUpAgain();
    return !isDead;
  }

  /** The pool knows names: what it tells of ours is of this process. */
  #lastHeartbeatOf(owner: Owner | undefined): string | undefined {
    if (owner === undefined || owner.workerName === this.#ports.worker().name) return undefined;
    return this.#peers.lastHeartbeatOf(owner);
  }

  /**
   * A living worker launches what it claims at once. A claim of our name's that was made by a process which died, and
   * reached the server after our first look, can only be told by its age; a namesake that lives lets go of it.
   */
  #isStale({ state }: FlowRunHead): boolean {
    const owner = parseClaimMessage(state?.message);
    if (owner?.workerName !== this.#ports.worker().name || state?.timestamp === undefined) return false;
    return this.#ports.prefect.server.ageMs(state.timestamp) >= roundEveryMs;
  }

  /**
   * Whether a process of our name lives beside us: a predecessor does not, as far as claims go that were made before we
   * began; who claims later is another process of the same name. Where the page does not tell when, the history does.
   */
  #isNamesake({ processId }: Owner, claimedAt: string | undefined): boolean {
    if (claimedAt === undefined) return this.#namesakes.has(processId) && !this.#predecessors.has(processId);
    const isLater = Date.parse(claimedAt) >= (this.#begunAtMs ?? Infinity);
    if (isLater) this.#namesakes.add(processId);
    return isLater;
  }

  /** Whose runs carry our name when we begin is a predecessor. */
  #meet(owner: Owner | undefined, isFirst = this.#begunAtMs === undefined): void {
    if (isFirst && owner?.workerName === this.#ports.worker().name) this.#predecessors.add(owner.processId);
  }
}

/** A page shows the claim's own state only until the next one is written over it. */
function claimedAtIn({ state }: FlowRunHead): string | undefined {
  return parseClaimMessage(state?.message) === undefined ? undefined : state?.timestamp;
}
