import type { WhoLives } from '../core/liveness/who-lives.ts';
import type { WorkerListing } from '../core/liveness/peer-records.ts';
import { PrefectApiError } from '../core/prefect/api-error.ts';
import { doubledMs } from '../kernel/backoff.ts';
import { within } from '../kernel/deadline.ts';
import { toError } from '../kernel/errors.ts';
import { Nap } from '../kernel/nap.ts';
import { Outage } from '../kernel/outage.ts';
import { Semaphore } from '../kernel/semaphore.ts';
import { heartbeatOf, type Beat } from './heartbeat.ts';
import { ownIn, readAdvanced, type OwnReading } from './own-record.ts';
import { listWorkers, readNewestWorkers } from './worker-listing.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

/**
 * While the pool recently had another worker, or another process of our name was noticed (worker.md
 * 9.8.3).
 */
const besideOthersMs = 15_000;
/** For a minute after a worker's record vanished, or after a run named a worker without record. */
const afterChangeMs = 5_000;
const changeLastsMs = 60_000;
const aloneMs = 30_000;
const jitterShare = 0.2;
/**
 * Longest time between tries where workers cannot be listed: a right may be granted, or the server
 * upgraded.
 */
const forbiddenMs = 10 * 60_000;
const hourMs = 3_600_000;
/** Our own heartbeat must not wait longer than this for a reading. */
const readWithinMs = 5_000;

/** Matches no count of heartbeats. */
const duringABeat = -1;

const listingWords = {
  what: 'Listing the workers of the work pool',
  calls: 'listings',
  advice: "Until then, other workers' deaths go unnoticed.",
};

export interface PeerWatchParts {
  readonly whoLives: WhoLives;
  /** A verdict holds for the first time: list the runs at once. */
  readonly onRoundDue: () => void;
  /** More is known of which processes live. */
  readonly onHeard: () => void;
}

/**
 * Finds out which of the pool's workers live. Lists them in a loop of its own, and reads our own
 * record around each of our heartbeats: otherwise another process under our name would go
 * unnoticed, and its runs would never be adopted. Must never delay our heartbeat for more than a
 * few seconds: peers would take us for dead.
 */
export class PeerWatch {
  readonly #options: WorkerOptions;
  readonly #ports: WorkerPorts;
  readonly #parts: PeerWatchParts;
  /** One heartbeat at a time, over REST or the channel. */
  readonly #beats = new Semaphore(1);
  /**
   * Counts the begins and ends of our heartbeats. If it has the same value before and after a
   * reading, no heartbeat of ours changed what was read.
   */
  #beatings = 0;
  #readAtMs = -Infinity;
  /** Our record vanished directly after our heartbeat. */
  #mustBeat = false;
  #triedAtMs = -Infinity;
  #changedAtMs = -Infinity;
  /** How often in a row this server answered that it lists no workers, or not to us. */
  #forbidden = 0;
  readonly #outage: Outage;
  #namesakesToldMs = -Infinity;
  readonly #nap = new Nap();

  constructor(options: WorkerOptions, ports: WorkerPorts, parts: PeerWatchParts) {
    this.#options = options;
    this.#ports = ports;
    this.#parts = parts;
    this.#outage = new Outage(listingWords, ports);
  }

  /** A run names a worker that was in no listing: find out soon whether it is gone. */
  lookCloser(): void {
    this.#changedAtMs = this.#ports.clock.monotonicMs();
    this.#nap.reconsider();
  }

  /** Sends our heartbeat, with a reading before and after it. Rejects with the error of `send`. */
  async beat(send: (signal: AbortSignal) => Promise<Beat>, signal: AbortSignal): Promise<void> {
    using _turn = await this.#beats.take(signal);
    const { whoLives } = this.#parts;
    const before = await this.#readBefore(signal);
    this.#beatings += 1;
    try {
      const beat = await send(signal);
      if (beat === 'unsure') return whoLives.heartbeatLost();
      const own = await this.#readOwn(beat, before, signal);
      if (own === 'unknown') return whoLives.heartbeatLost();
      if (whoLives.heartbeatSent(own, this.#ports.clock.monotonicMs()) === 'nothing-new') return;
      this.#mustBeat = own === undefined;
      this.#nap.reconsider();
      this.#parts.onRoundDue();
    } catch (error) {
      whoLives.heartbeatLost();
      throw error;
    } finally {
      this.#beatings += 1;
    }
  }

  /** A connection of the worker channel counts as a heartbeat, with unknown effect. */
  beatUnseen(): void {
    this.#beatings += 2;
    this.#parts.whoLives.heartbeatLost();
  }

  /** Lists until the signal. No answer ends the loop. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#pause(signal);
      try {
        await this.#list(signal);
        this.#outage.succeeded();
      } catch (error) {
        signal.throwIfAborted();
        this.#failed(toError(error));
      }
      this.#tellNamesakes();
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const share = 1 - jitterShare + 2 * jitterShare * random.next();
    const dueMs = (): number =>
      this.#mustBeat ? 0 : Math.max(this.#readAtMs, this.#triedAtMs) + this.#paceMs() * share;
    await this.#nap.until(dueMs, clock, signal);
  }

  #paceMs(): number {
    const { clock, prefect } = this.#ports;
    const { whoLives } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#forbidden > 0) return doubledMs(this.#forbidden, besideOthersMs, forbiddenMs);
    if (nowMs - this.#changedAtMs < changeLastsMs) return afterChangeMs;
    const newest = whoLives.newestHeartbeatOfOthers();
    const isAlone = newest === undefined || prefect.server.ageMs(newest) > hourMs;
    if (!isAlone || whoLives.namesakes(nowMs) !== undefined) return besideOthersMs;
    return Math.min(aloneMs, this.#options.heartbeatSeconds * 1000);
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#triedAtMs = this.#ports.clock.monotonicMs();
    const mustBeat = this.#mustBeat;
    this.#mustBeat = false;
    const beatings = this.#beatings;
    const { whoLives } = this.#parts;
    const until = (listed: ReadonlySet<string>): string | undefined => whoLives.readUntil(listed);
    const listing = await listWorkers(
      this.#ports.prefect,
      this.#options.workPoolName,
      until,
      signal,
    );
    if (this.#heard(listing, beatings) || mustBeat)
      await this.#beatAtOnce(signal).catch(() => signal.throwIfAborted());
  }

  /**
   * Another process of our name signed off and deleted the record, which was ours too (worker.md
   * 9.8.6).
   */
  async #beatAtOnce(signal: AbortSignal): Promise<void> {
    await this.beat(async (inTime) => {
      const { isFirstAttempt } = await this.#ports.prefect.sendHeartbeat(
        heartbeatOf(this.#options),
        inTime,
      );
      return isFirstAttempt ? 'answered' : 'unsure';
    }, signal);
  }

  /** Whether our own record is gone or was replaced. */
  #heard(listing: WorkerListing, beatings: number): boolean {
    const { whoLives, onRoundDue, onHeard } = this.#parts;
    const nowMs = this.#ports.clock.monotonicMs();
    this.#readAtMs = nowMs;
    const isClean = beatings === this.#beatings && beatings % 2 === 0;
    const { heard, hasVanished, isReplaced } = whoLives.listed(listing, isClean, nowMs);
    if (this.#forbidden > 0)
      this.#ports.log.info('The workers of the work pool can be listed again.');
    this.#forbidden = 0;
    if (hasVanished) this.#changedAtMs = nowMs;
    if (heard === 'round-due') onRoundDue();
    onHeard();
    return isReplaced;
  }

  /**
   * Reads one page before our heartbeat. If that fails, nothing can be concluded from this
   * interval.
   */
  async #readBefore(signal: AbortSignal): Promise<WorkerListing | undefined> {
    if (this.#forbidden > 0) return undefined;
    try {
      const listing = await this.#read(signal);
      this.#heard(listing, this.#beatings);
      return listing;
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.log.debug("Could not read this worker's record", {
        error: toError(error).message,
      });
      this.#parts.whoLives.heartbeatLost();
      return undefined;
    }
  }

  #read(signal: AbortSignal): Promise<WorkerListing> {
    const { prefect, clock } = this.#ports;
    return within(readWithinMs, clock, signal, (inTime) =>
      readNewestWorkers(prefect, this.#options.workPoolName, inTime),
    );
  }

  async #readOwn(
    beat: 'answered' | 'unanswered',
    before: WorkerListing | undefined,
    signal: AbortSignal,
  ): Promise<OwnReading> {
    if (this.#forbidden > 0) return 'unknown';
    try {
      if (beat === 'unanswered') {
        const own = { name: this.#options.name, before };
        return await readAdvanced(own, (inTime) => this.#read(inTime), this.#ports.clock, signal);
      }
      const listing = await this.#read(signal);
      this.#heard(listing, duringABeat);
      return ownIn(listing, this.#options.name);
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.log.debug("Could not read this worker's record", {
        error: toError(error).message,
      });
      return 'unknown';
    }
  }

  #failed(error: Error): void {
    if (!isNoListing(error)) return this.#outage.failed(error);
    this.#forbidden += 1;
    if (this.#forbidden > 1) return;
    this.#ports.log.info(
      `Cannot list the workers of the work pool: ${error.message} ` +
        "A worker's death is noticed only from its runs, after ten minutes.",
    );
    this.#parts.whoLives.cannotList();
    this.#parts.onRoundDue();
  }

  #tellNamesakes(): void {
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - this.#namesakesToldMs < hourMs) return;
    const ids = this.#parts.whoLives.namesakes(nowMs);
    if (ids === undefined) return;
    this.#namesakesToldMs = nowMs;
    const who = ids.length === 0 ? 'Another process' : `Another process (${ids.join(', ')})`;
    this.#ports.log.warning(
      `${who} also runs as worker '${this.#options.name}' of this work pool. No run is lost, ` +
        'but when one of them dies, its runs are adopted late. ' +
        'Give each worker its own name (--name), or none.',
    );
  }
}

/**
 * The route does not exist, or is denied to us. A missing pool is Prefect's own answer and passes.
 */
function isNoListing(error: Error): boolean {
  if (!(error instanceof PrefectApiError)) return false;
  const isRoute = error.detail === undefined || error.detail === 'Not Found';
  return error.status === 403 || error.status === 405 || (error.status === 404 && isRoute);
}
