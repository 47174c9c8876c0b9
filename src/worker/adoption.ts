/**
 * Finds the runs of the pool that no living process follows, and starts their adoption
 * (worker.md 9.7). All that a dead worker knew is in Prefect and in ECS.
 *
 * Read `round`: list the runs (`#see`), take provisional slots, adopt the orphans (`#takeOver`).
 * `heardOf` does the same for cancellations just heard of, `#stopLeftTasks` for Cancelled runs.
 * Two questions are decided elsewhere: `WhoLives` knows which processes live, and
 * `run/adopt/adopt.ts` looks at each run before it acts.
 *
 * State: `#remembered`, what an earlier look found, good for one state of the run; `#underWay`,
 * adoptions in progress; `#isFirst`, until the first complete listing.
 */
import { waitsForRetry } from '../core/claim/act-rows.ts';
import { ownerOnPage, type HeadOwner } from '../core/claim/head-owner.ts';
import { parseFollower, type Owner } from '../core/claim/claim-record.ts';
import { mayHaveTask, roundOrder } from '../core/claim/round-order.ts';
import type { WhoLives } from '../core/liveness/who-lives.ts';
import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';
import { toError } from '../kernel/errors.ts';
import type { Orphan } from '../run/adopt/adopt.ts';
import type { RunPorts } from '../run/run-context.ts';
import { renewEveryMs } from '../run/shared/leases.ts';
import type { ReadLane } from '../run/states/looks.ts';
import { AdoptionLane } from './adoption-lane.ts';
import { LeftTasks } from './left-tasks.ts';
import type { ProvisionalSlots } from './provisional-slots.ts';
import { RememberedRuns } from './remembered-runs.ts';
import type { WorkerOptions } from './worker-ports.ts';

const cancelledWithinMs = 2 * 3_600_000;
/**
 * A server without labels shows no follower. A run of a worker of our name is adopted this long
 * after its last claim (worker.md 9.8.5).
 */
const unlabelledAfterMs = 30 * 60_000;

/** Starts the adoption of a run in parallel to everything else; resolves when it is over. */
export type StartAdoption = (orphan: Orphan, lane: ReadLane) => Promise<void>;

export interface AdoptionParts {
  readonly whoLives: WhoLives;
  readonly provisional: ProvisionalSlots;
  readonly start: StartAdoption;
  /** A run names a worker that was in no listing of workers. */
  readonly onUnheardOf: () => void;
  readonly stopped: AbortSignal;
  /** The pool now belongs to another kind of worker: its runs are not looked at. */
  readonly isForeign: () => boolean;
}

/**
 * The result of an earlier look: the run's owner, or that there is nothing to do while the run
 * stays in this state.
 */
type Found =
  | { readonly kind: 'owned'; readonly owner: Owner; readonly labelled: unknown }
  | { readonly kind: 'left' };

/**
 * Starts the adoption of runs that no living process follows. Decides nothing itself: a page only
 * shows which runs to look at, and `WhoLives` alone knows which processes live. Acting on a page
 * would stop or relaunch runs on facts that are minutes old.
 */
export class Adoption {
  readonly #options: WorkerOptions;
  readonly #ports: RunPorts;
  readonly #parts: AdoptionParts;
  readonly #remembered = new RememberedRuns<Found>();
  readonly #underWay = new Set<string>();
  readonly #lane: AdoptionLane;
  readonly #leftTasks: LeftTasks;
  #isFirst = true;
  /** When runs were first listed, by Prefect's clock. */
  #begunAtMs: number | undefined;
  #isListingCancelled = false;

  constructor(options: WorkerOptions, ports: RunPorts, parts: AdoptionParts) {
    this.#options = options;
    this.#ports = ports;
    this.#parts = parts;
    this.#lane = new AdoptionLane(ports.clock, parts.stopped);
    this.#leftTasks = new LeftTasks(ports, this.#lane.call);
  }

  /**
   * Lists all unended runs and begins to adopt those without a follower. Rejects when the listing
   * fails.
   */
  async round(signal: AbortSignal): Promise<void> {
    const { prefect, clock } = this.#ports;
    if (this.#parts.isForeign()) return;
    const { whoLives, provisional } = this.#parts;
    const { workPoolName, workQueueNames } = this.#options;
    const pool = { workPoolName, workQueueNames };
    const unended = { ...pool, stateTypes: ['PENDING', 'RUNNING', 'CANCELLING', 'PAUSED'] };
    const retrying = { ...pool, stateTypes: ['SCHEDULED'], stateNames: waitsForRetry };
    const heads = new Map<string, FlowRunHead>();
    const isFirst = this.#isFirst;
    this.#begunAtMs ??= prefect.server.now().getTime();
    whoLives.beginRound(clock.monotonicMs());
    for (const filter of [unended, retrying])
      await prefect.listFlowRuns(filter, (head) => this.#see(head, heads), signal);
    if (isFirst) for (const head of heads.values()) this.#takeProvisionalSlot(head);
    else provisional.keepOnly(this.#ownersOf(heads), (id) => this.#underWay.has(id));
    whoLives.endRound();
    this.settleProvisional();
    if (isFirst) for (const head of heads.values()) this.#renewIfForgotten(head);
    this.#takeOver([...heads.values()], isFirst);
    this.#isFirst = false;
    void this.#stopLeftTasks(isFirst, signal);
  }

  /**
   * Runs were cancelled that this process does not hold. Those without a follower are adopted now
   * instead of in the next round. One call for up to 200.
   */
  async heardOf(flowRunIds: readonly string[], signal: AbortSignal): Promise<void> {
    if (this.#isFirst || this.#parts.isForeign()) return; // the first round will find them
    const heads: FlowRunHead[] = [];
    await this.#ports.prefect.listFlowRuns(
      { ids: flowRunIds, stateTypes: ['CANCELLING'] },
      (head) => {
        if (mayHaveTask(head) && !this.#letGoIfTaken(head)) heads.push(head);
      },
      signal,
    );
    this.#takeOver(heads, false);
  }

  /** Runs beside the round: nothing waits for runs that are over. */
  async #stopLeftTasks(isFirst: boolean, signal: AbortSignal): Promise<void> {
    if (this.#isListingCancelled) return;
    this.#isListingCancelled = true;
    const { prefect, workerLog } = this.#ports;
    const { workPoolName, workQueueNames } = this.#options;
    const endedAfter = new Date(prefect.server.now().getTime() - cancelledWithinMs).toISOString();
    const cancelled = { workPoolName, workQueueNames, stateTypes: ['CANCELLED'], endedAfter };
    try {
      await prefect.listFlowRuns(
        cancelled,
        (head) => this.#stopIfLeft(head, isFirst, signal),
        signal,
      );
    } catch (error) {
      if (!signal.aborted)
        workerLog.debug('Could not list cancelled flow runs', { error: toError(error).message });
    } finally {
      this.#isListingCancelled = false;
    }
  }

  /** More is known of which processes live: runs of living owners need no provisional slot. */
  settleProvisional(): void {
    this.#parts.provisional.settle((owner) => this.#standing(owner));
  }

  #standing(owner: Owner): ReturnType<WhoLives['standing']> {
    return this.#parts.whoLives.standing(owner, this.#ports.clock.monotonicMs());
  }

  #see(head: FlowRunHead, heads: Map<string, FlowRunHead>): void {
    if (!mayHaveTask(head)) return;
    const known = this.#ownerOf(head);
    const nowMs = this.#ports.clock.monotonicMs();
    if (known !== undefined && this.#parts.whoLives.saw(head.id, known.claim, known.owner, nowMs))
      this.#parts.onUnheardOf();
    if (!this.#letGoIfTaken(head)) heads.set(head.id, head);
  }

  /** Returns whether this process holds the run. Releases the run if another process follows it. */
  #letGoIfTaken(head: FlowRunHead): boolean {
    const { active } = this.#ports;
    const follower = parseFollower(head.labels);
    if (!active.has(head.id, follower?.launchId)) return false;
    if (follower !== undefined && follower.processId !== this.#ports.worker().processId)
      active.letGo(head.id, follower.launchId);
    return true;
  }

  /**
   * The owner that a look found while the run was in this state with this label; else the one on
   * the page.
   */
  #ownerOf(head: FlowRunHead): HeadOwner | undefined {
    const found = this.#remembered.found(head);
    const onPage = ownerOnPage(head);
    if (found?.kind !== 'owned' || found.labelled !== onPage?.owner.processId) return onPage;
    return { owner: found.owner, claim: onPage?.claim ?? '' };
  }

  #ownersOf(heads: ReadonlyMap<string, FlowRunHead>): ReadonlyMap<string, Owner | undefined> {
    if (this.#parts.provisional.isEmpty) return new Map();
    return new Map([...heads].map(([id, head]) => [id, this.#ownerOf(head)?.owner]));
  }

  /**
   * The run's task may live and count against its owner's limit. Until that is known, it counts
   * against ours.
   */
  #takeProvisionalSlot(head: FlowRunHead): void {
    const owner = this.#ownerOf(head)?.owner;
    if (owner === undefined || this.#standing(owner) !== 'alive')
      this.#parts.provisional.take(head.id, owner);
  }

  #takeOver(heads: readonly FlowRunHead[], isFirst: boolean): void {
    const orphans = heads
      .filter((head) => !this.#underWay.has(head.id) && this.#isToLookAt(head))
      .sort((one, other) => roundOrder(one) - roundOrder(other));
    for (const orphan of orphans) this.#renew(orphan);
    for (const head of orphans) {
      this.#underWay.add(head.id);
      const orphan = this.#orphan(head, isFirst);
      void this.#parts.start(orphan, this.#lane.call).finally(() => this.#underWay.delete(head.id));
    }
  }

  /**
   * Renews the lease of a run whose worker may be dead. A verdict takes minutes, and a worker that
   * died long before this one started left a lease that may end sooner. Without this, the server
   * cancels the run when its task starts.
   */
  #renewIfForgotten(head: FlowRunHead): void {
    const owner = this.#ownerOf(head)?.owner;
    const isTended = owner !== undefined && this.#standing(owner) === 'alive';
    if (isTended || this.#isToLookAt(head)) return;
    if (this.#ports.prefect.server.ageMs(head.state.timestamp) >= renewEveryMs) this.#renew(head);
  }

  /** A renewal by any process is harmless. A lease ends five minutes after the last one. */
  #renew({ id, state: { leaseId }, stateType }: FlowRunHead): void {
    if (stateType !== 'PENDING' || leaseId === undefined) return;
    const { leases, workerLog } = this.#ports;
    const log = workerLog.child({ flowRunId: id });
    void this.#lane
      .call(() => leases.renewNow(leaseId, log, this.#parts.stopped))
      .catch(() => undefined);
  }

  #isToLookAt(head: FlowRunHead): boolean {
    if (this.#remembered.found(head)?.kind === 'left') return false;
    const known = this.#ownerOf(head);
    if (known === undefined || this.#isGone(head, known.owner)) return true;
    return this.#mayBeOfPredecessor(head, known.owner);
  }

  /**
   * A run that was over when this worker started, and is no more: late progress hides its end, or
   * somebody wrote a state. Its owner, of our name, may be one that was dead by then. Heartbeats
   * cannot tell it from another namesake that lives, so the run would be left alone for ever.
   */
  #mayBeOfPredecessor(head: FlowRunHead, { workerName }: Owner): boolean {
    if (workerName !== this.#ports.worker().name || this.#remembered.found(head) !== undefined)
      return false;
    return this.#isOlderThanWe(head.expectedStartTime);
  }

  #isOlderThanWe(timestamp: string | undefined): boolean {
    if (timestamp === undefined || this.#begunAtMs === undefined) return false;
    return Date.parse(timestamp) < this.#begunAtMs;
  }

  #isGone(head: FlowRunHead, owner: Owner): boolean {
    const standing = this.#standing(owner);
    return standing === 'dead' || standing === 'me' || this.#isUnlabelled(head, owner);
  }

  #isUnlabelled({ hasLabels, state }: FlowRunHead, { workerName }: Owner): boolean {
    if (hasLabels || workerName !== this.#ports.worker().name || state.timestamp === undefined)
      return false;
    return this.#ports.prefect.server.ageMs(state.timestamp) >= unlabelledAfterMs;
  }

  #orphan(head: FlowRunHead, isFirst: boolean): Orphan {
    const { whoLives, provisional } = this.#parts;
    const onPage = ownerOnPage(head);
    return {
      flowRun: head,
      isGone: (owner, { stateId, claimedAt }) => {
        if (owner === undefined) return true;
        if ((isFirst && onPage === undefined) || this.#isOlderThanWe(claimedAt))
          whoLives.wasBefore(owner, this.#ports.clock.monotonicMs());
        const labelled = onPage?.owner.processId;
        if (this.#isGone(head, owner)) return true;
        provisional.ownedBy(head.id, owner);
        this.#remembered.remember({ id: head.id, stateId }, { kind: 'owned', owner, labelled });
        return false;
      },
      took: (owner) => {
        if (owner !== undefined) whoLives.took(head.id, owner);
      },
      nothingLives: () => provisional.giveBack(head.id),
      needsNothing: (stateId) =>
        this.#remembered.remember({ id: head.id, stateId }, { kind: 'left' }),
      lastHeartbeatOf: (owner) =>
        owner === undefined ? undefined : whoLives.lastHeartbeatOf(owner),
    };
  }

  #stopIfLeft(head: FlowRunHead, isFirst: boolean, signal: AbortSignal): void {
    // Its process may still report Running (core/claim/meaning-of-end.ts).
    const known = isFirst ? ownerOnPage(head) : undefined;
    if (known !== undefined)
      this.#parts.whoLives.wasBefore(known.owner, this.#ports.clock.monotonicMs());
    this.#leftTasks.stop(head, signal);
  }
}
