/**
 * Finds the runs of the pool that no living process follows, and starts their adoption
 * (worker.md 9.7). All that a dead worker knew is in Prefect and in ECS.
 *
 * Read `round`: list the runs (`#see`), take provisional slots, adopt the orphans (`#takeOver`).
 * `heardOf` does the same for cancellations just heard of, `#stopLeftTasks` for Cancelled runs.
 * Two questions are decided elsewhere: `WhoLives` knows which processes live, and
 * `run/adopt/adopt.ts` looks at each run before it acts.
 *
 * State: `#owners`, what earlier looks found of each run's owner; `#underWay`, adoptions in
 * progress; `#isFirst`, until the first complete listing.
 */
import { waitsForRetry } from '../core/claim/act-rows.ts';
import { ownerOnPage } from '../core/claim/head-owner.ts';
import { parseFollower, type Owner } from '../core/claim/claim-record.ts';
import { mayHaveTask, roundOrder } from '../core/claim/round-order.ts';
import type { WhoLives } from '../core/liveness/who-lives.ts';
import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';
import { toError } from '../kernel/errors.ts';
import { Semaphore } from '../kernel/semaphore.ts';
import type { Orphan } from '../run/adopt/adopt.ts';
import type { RunPorts } from '../run/run-context.ts';
import { cancelledWithinMs } from '../run/adopt/leftover-stops.ts';
import { renewEveryMs } from '../run/shared/leases.ts';
import type { ReadLane } from '../run/states/looks.ts';
import { AdoptionLane } from './adoption-lane.ts';
import { LeftTasks } from './left-tasks.ts';
import type { ProvisionalSlots } from './provisional-slots.ts';
import { RunOwners } from './run-owners.ts';
import type { WorkerOptions } from './worker-ports.ts';

const renewalsAtOnce = 4;

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
 * Starts the adoption of runs that no living process follows. Decides nothing itself: a page only
 * shows which runs to look at, and `WhoLives` alone knows which processes live. Acting on a page
 * would stop or relaunch runs on facts that are minutes old.
 */
export class Adoption {
  readonly #options: WorkerOptions;
  readonly #ports: RunPorts;
  readonly #parts: AdoptionParts;
  readonly #owners: RunOwners;
  readonly #underWay = new Set<string>();
  readonly #lane: AdoptionLane;
  readonly #renewals = new Semaphore(renewalsAtOnce);
  readonly #leftTasks: LeftTasks;
  #isFirst = true;
  #isListingCancelled = false;

  constructor(options: WorkerOptions, ports: RunPorts, parts: AdoptionParts) {
    this.#options = options;
    this.#ports = ports;
    this.#parts = parts;
    this.#owners = new RunOwners(ports, parts.whoLives);
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
    this.#owners.beginRound();
    whoLives.beginRound(clock.monotonicMs());
    for (const filter of [unended, retrying])
      await prefect.listFlowRuns(filter, (head) => this.#see(head, heads), signal);
    if (isFirst) for (const head of heads.values()) this.#takeProvisionalSlot(head);
    else provisional.keepOnly(this.#ownersOf(heads), (id) => this.#underWay.has(id));
    whoLives.endRound();
    this.settleProvisional();
    this.#takeOver([...heads.values()], isFirst);
    if (isFirst) for (const head of heads.values()) this.#renewIfForgotten(head);
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
    this.#parts.provisional.settle((owner) => this.#owners.standing(owner));
  }

  #see(head: FlowRunHead, heads: Map<string, FlowRunHead>): void {
    if (!mayHaveTask(head)) return;
    const known = this.#owners.of(head);
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

  #ownersOf(heads: ReadonlyMap<string, FlowRunHead>): ReadonlyMap<string, Owner | undefined> {
    if (this.#parts.provisional.isEmpty) return new Map();
    return new Map([...heads].map(([id, head]) => [id, this.#owners.of(head)?.owner]));
  }

  /**
   * The run's task may live and count against its owner's limit. Until that is known, it counts
   * against ours.
   */
  #takeProvisionalSlot(head: FlowRunHead): void {
    if (!this.#owners.isAlive(head))
      this.#parts.provisional.take(head.id, this.#owners.of(head)?.owner);
  }

  #takeOver(heads: readonly FlowRunHead[], isFirst: boolean): void {
    const orphans = heads
      .filter((head) => !this.#underWay.has(head.id) && this.#owners.isToLookAt(head))
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
    if (this.#owners.isAlive(head) || this.#owners.isToLookAt(head)) return;
    if (this.#ports.prefect.server.ageMs(head.state.timestamp) >= renewEveryMs) this.#renew(head);
  }

  /**
   * A renewal by any process is harmless. A lease ends five minutes after the last one. Renewals
   * have turns of their own: those of a large fleet, whose workers live, would delay adoption.
   */
  #renew({ id, state: { leaseId }, stateType }: FlowRunHead): void {
    if (stateType !== 'PENDING' || leaseId === undefined) return;
    const { stopped } = this.#parts;
    const log = this.#ports.workerLog.child({ flowRunId: id });
    const renewed = async (): Promise<void> => {
      using _turn = await this.#renewals.take(stopped);
      await this.#ports.leases.renewNow(leaseId, log, stopped);
    };
    void renewed().catch(() => undefined);
  }

  #orphan(head: FlowRunHead, isFirst: boolean): Orphan {
    const { whoLives, provisional } = this.#parts;
    const onPage = ownerOnPage(head);
    return {
      flowRun: head,
      isGone: (owner, { stateId, claimedAt }) => {
        if (owner === undefined) return true;
        if ((isFirst && onPage === undefined) || this.#owners.isOlderThanWe(claimedAt))
          whoLives.wasBefore(owner, this.#ports.clock.monotonicMs());
        if (this.#owners.isGone(head, owner)) return true;
        provisional.ownedBy(head.id, owner);
        this.#owners.foundOwned(head, stateId, owner);
        return false;
      },
      took: (owner) => {
        if (owner !== undefined) whoLives.took(head.id, owner);
      },
      nothingLives: () => provisional.giveBack(head.id),
      needsNothing: (stateId) => this.#owners.foundLeft(head.id, stateId),
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
