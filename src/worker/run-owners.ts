import { ownerOnPage, type HeadOwner } from '../core/claim/head-owner.ts';
import type { Owner } from '../core/claim/claim-record.ts';
import type { Standing, WhoLives } from '../core/liveness/who-lives.ts';
import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';
import type { RunPorts } from '../run/run-context.ts';
import { RememberedRuns } from './remembered-runs.ts';

/**
 * A server without labels shows no follower. A run of a worker of our name is adopted this long
 * after its last claim (worker.md 9.8.5).
 */
const unlabelledAfterMs = 30 * 60_000;

/**
 * The result of an earlier look: the run's owner, or that there is nothing to do while the run
 * stays in this state.
 */
type Found =
  | { readonly kind: 'owned'; readonly owner: Owner; readonly labelled: unknown }
  | { readonly kind: 'left' };

/**
 * Which process answers for each listed run, and whether that process is gone. A page may be older
 * than a look, so what a look found counts for the state in which it found the run. Never says that
 * a run may be acted on: that takes a look (run/adopt/adopt.ts).
 */
export class RunOwners {
  readonly #ports: Pick<RunPorts, 'clock' | 'prefect' | 'worker'>;
  readonly #whoLives: WhoLives;
  readonly #remembered = new RememberedRuns<Found>();
  /** When runs were first listed, by Prefect's clock. */
  #begunAtMs: number | undefined;

  constructor(ports: Pick<RunPorts, 'clock' | 'prefect' | 'worker'>, whoLives: WhoLives) {
    this.#ports = ports;
    this.#whoLives = whoLives;
  }

  beginRound(): void {
    this.#begunAtMs ??= this.#ports.prefect.server.now().getTime();
  }

  standing(owner: Owner): Standing {
    return this.#whoLives.standing(owner, this.#ports.clock.monotonicMs());
  }

  /**
   * The owner that a look found while the run was in this state with this label; else the one on
   * the page.
   */
  of(head: FlowRunHead): HeadOwner | undefined {
    const found = this.#remembered.found(head);
    const onPage = ownerOnPage(head);
    if (found?.kind !== 'owned' || found.labelled !== onPage?.owner.processId) return onPage;
    return { owner: found.owner, claim: onPage?.claim ?? '' };
  }

  isAlive(head: FlowRunHead): boolean {
    const owner = this.of(head)?.owner;
    return owner !== undefined && this.standing(owner) === 'alive';
  }

  isToLookAt(head: FlowRunHead): boolean {
    if (this.#remembered.found(head)?.kind === 'left') return false;
    const known = this.of(head);
    if (known === undefined || this.isGone(head, known.owner)) return true;
    return this.#mayBeOfPredecessor(head, known.owner);
  }

  isGone(head: FlowRunHead, owner: Owner): boolean {
    const standing = this.standing(owner);
    return standing === 'dead' || standing === 'me' || this.#isUnlabelled(head, owner);
  }

  /** An owner that claimed a run before this worker began: see `#mayBeOfPredecessor`. */
  isOlderThanWe(timestamp: string | undefined): boolean {
    if (timestamp === undefined || this.#begunAtMs === undefined) return false;
    return Date.parse(timestamp) < this.#begunAtMs;
  }

  /** A look showed the run in this state, with a living owner. */
  foundOwned(head: FlowRunHead, stateId: string | undefined, owner: Owner): void {
    const labelled = ownerOnPage(head)?.owner.processId;
    this.#remembered.remember({ id: head.id, stateId }, { kind: 'owned', owner, labelled });
  }

  /** There is nothing to do for the run while it is in this state. */
  foundLeft(flowRunId: string, stateId: string | undefined): void {
    this.#remembered.remember({ id: flowRunId, stateId }, { kind: 'left' });
  }

  /**
   * A run that was over when this worker started, and is no more: late progress hides its end, or
   * somebody wrote a state. Its owner, of our name, may have been dead by then. Heartbeats cannot
   * tell it from another namesake that lives, so without a look the run would never be adopted.
   */
  #mayBeOfPredecessor(head: FlowRunHead, { workerName }: Owner): boolean {
    if (workerName !== this.#ports.worker().name || this.#remembered.found(head) !== undefined)
      return false;
    return this.isOlderThanWe(head.expectedStartTime);
  }

  #isUnlabelled({ hasLabels, state }: FlowRunHead, { workerName }: Owner): boolean {
    if (hasLabels || workerName !== this.#ports.worker().name || state.timestamp === undefined)
      return false;
    return this.#ports.prefect.server.ageMs(state.timestamp) >= unlabelledAfterMs;
  }
}
