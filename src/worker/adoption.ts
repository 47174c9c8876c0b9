import { parseClaimMessage, parseFollower, type Owner } from '../core/claim/claim-record.ts';
import { latestClaim, overwrittenState } from '../core/claim/claims.ts';
import type { FlowRun, FlowRunHead } from '../core/prefect/flow-run.ts';
import { linkAbort } from '../kernel/abort.ts';
import { toError } from '../kernel/errors.ts';
import { Cancelled } from '../kernel/task-group.ts';
import type { OrphanedRun } from '../run/adopt/adopt.ts';
import { repairOverwritten } from '../run/states/overwritten-state.ts';
import type { RunPorts } from '../run/run-context.ts';
import { stopUnfollowedTask } from '../run/adopt/stop-unfollowed-task.ts';
import type { Peers } from './peers.ts';
import type { WorkerOptions } from './worker-ports.ts';

const roundEveryMs = 10 * 60_000;
const roundAfterTroubleMs = 60_000;
const cancelledWithinMs = 2 * 3_600_000;

/** Starts the adoption of a run, beside everything else. */
export type StartAdoption = (orphan: OrphanedRun) => void;

/**
 * Looks for runs of the pool that nobody follows (ecs-worker.md 9.7): after the first sync, when a worker of the pool
 * left, and every ten minutes. What a dead worker knew is in Prefect and in ECS; nothing of it was on a disk.
 */
export class Adoption {
  readonly #options: WorkerOptions;
  readonly #ports: RunPorts;
  readonly #peers: Peers;
  readonly #start: StartAdoption;
  /** Runs whose tasks were seen to be stopped, among those that were cancelled of late. */
  readonly #settled = new Set<string>();
  readonly #begun: Promise<void>;
  #begin: () => void = () => undefined;
  #hasBegun = false;
  /** Processes of our name that had runs when we began. */
  readonly #predecessors = new Set<string>();
  readonly #madeAtMs: number;
  #wake: () => void = () => undefined;
  #isDue = false;

  constructor(options: WorkerOptions, ports: RunPorts, peers: Peers, start: StartAdoption) {
    this.#options = options;
    this.#ports = ports;
    this.#peers = peers;
    this.#start = start;
    this.#madeAtMs = ports.clock.now().getTime();
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /** A round soon, instead of in its time. */
  hurry(): void {
    this.#isDue = true;
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
    if (this.#isDue) {
      this.#isDue = false;
      return;
    }
    using nap = linkAbort(signal);
    this.#wake = () => nap.abort(new Cancelled('a round is due'));
    try {
      await this.#ports.clock.sleep(ms, nap.signal);
    } catch {
      signal.throwIfAborted();
    } finally {
      this.#wake = () => undefined;
      this.#isDue = false;
    }
  }

  async #roundSafely(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#round(signal);
      this.#hasBegun = true;
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
    const { prefect, clock } = this.#ports;
    const { workPoolName, workQueueNames } = this.#options;
    const pool = { workPoolName, workQueueNames };
    const unended = { ...pool, stateTypes: ['PENDING', 'RUNNING', 'CANCELLING'] };
    for (const flowRun of await prefect.filterFlowRuns(unended, signal, (head) => this.#isInNoHand(head)))
      await this.#look(flowRun, signal);
    const endedAfter = new Date(clock.now().getTime() - cancelledWithinMs).toISOString();
    const cancelled = { ...pool, stateTypes: ['CANCELLED'], endedAfter };
    for (const flowRun of await prefect.filterFlowRuns(cancelled, signal, (head) => this.#isUnsettled(head)))
      await this.#stopLeft(flowRun, signal);
  }

  /** Whether neither this process nor one that lives seems to follow the run; lets go of what another one follows. */
  #isInNoHand(flowRun: FlowRunHead): boolean {
    const { active } = this.#ports;
    const follower = parseFollower(flowRun.labels);
    if (active.has(flowRun.id, follower?.launchId)) {
      if (follower !== undefined && follower.processId !== this.#me)
        active.letGo(flowRun.id, follower.launchId);
      return false;
    }
    const claimant = parseClaimMessage(flowRun.state?.message) ?? follower;
    this.#meet(claimant);
    return !this.#isAlive(claimant) || this.#isStale(flowRun);
  }

  #isUnsettled(flowRun: FlowRunHead): boolean {
    this.#meet(parseFollower(flowRun.labels)); // its process may say Running yet (core/claim/claims.ts)
    return !this.#settled.has(flowRun.id);
  }

  async #look(flowRun: FlowRun, signal: AbortSignal): Promise<void> {
    const { active, prefect } = this.#ports;
    const follower = parseFollower(flowRun.labels);
    if (active.has(flowRun.id, follower?.launchId)) return; // since its page was read
    const history = latestClaim(await prefect.readStateHistory(flowRun.id, signal), flowRun.labels);
    if (history === undefined || active.has(flowRun.id, history.launchId)) return;
    const owner = follower?.launchId === history.launchId ? follower : history.record;
    this.#meet(owner);
    if (this.#isAlive(owner, history.claim.timestamp) && !this.#isStale(flowRun)) return;
    const overwritten = flowRun.stateType === 'PENDING' ? overwrittenState(history) : undefined;
    const mended =
      overwritten === undefined
        ? history
        : await repairOverwritten(flowRun, overwritten, history, this.#ports, signal);
    if (mended !== undefined) this.#start({ flowRun, history: mended });
  }

  async #stopLeft(flowRun: FlowRun, signal: AbortSignal): Promise<void> {
    if (this.#ports.active.has(flowRun.id)) return;
    if (await stopUnfollowedTask(flowRun, this.#ports, signal)) this.#settled.add(flowRun.id);
  }

  get #me(): string {
    return this.#ports.worker().processId;
  }

  /** Whether somebody else follows the run. An owner that is this process, without a record, follows nothing. */
  #isAlive(owner: Owner | undefined, claimedAt?: string): boolean {
    if (owner === undefined || owner.processId === this.#me) return false;
    if (owner.workerName === this.#ports.worker().name) return this.#isNamesake(owner, claimedAt);
    return !this.#peers.isDead(owner, this.#ports.clock.monotonicMs());
  }

  /**
   * A living worker launches what it claims at once. A claim of our name's that was made by a process which died, and
   * reached the server after our first look, can only be told by its age; a namesake that lives lets go of it.
   */
  #isStale({ state }: FlowRunHead): boolean {
    const owner = parseClaimMessage(state?.message);
    if (owner?.workerName !== this.#ports.worker().name || state?.timestamp === undefined) return false;
    return this.#ports.clock.now().getTime() - Date.parse(state.timestamp) >= roundEveryMs;
  }

  /** Whose runs carry our name when we begin is a predecessor. */
  #meet(owner: Owner | undefined): void {
    if (!this.#hasBegun && owner?.workerName === this.#ports.worker().name)
      this.#predecessors.add(owner.processId);
  }

  /**
   * Whether a process of our name lives beside us: a predecessor does not, as far as runs go that it had when we began;
   * who comes later is another process of the same name.
   */
  #isNamesake({ processId }: Owner, claimedAt: string | undefined): boolean {
    if (!this.#predecessors.has(processId)) return true;
    return claimedAt !== undefined && Date.parse(claimedAt) >= this.#madeAtMs;
  }
}
