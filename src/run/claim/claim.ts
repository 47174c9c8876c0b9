import { lookGoodForMs } from '../states/look.ts';
import { claimMessage, type ClaimPlace } from '../../core/claim/claim-record.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { State } from '../../core/prefect/state.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import { proposeUntilAnswered } from '../states/proposals.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';
import type { RunPorts } from '../run-context.ts';
import { ownerOf } from '../ports/worker-identity.ts';
import type { RunSighting, FlowRunReader } from '../shared/flow-run-reader.ts';
import type { Looks } from '../states/looks.ts';
import type { VoidClaims } from '../states/void-claims.ts';
import { looksVoid } from '../../core/claim/void-claim.ts';
import { writeBack } from '../states/act.ts';

/** A run that is ours to launch. */
export interface Claimed {
  readonly kind: 'claimed';
  /** The claim's `transition_id`, RunTask's `clientToken`. */
  readonly launchId: string;
  /** When it was last sure that nobody else may launch: the claim was sent then, or looked at. */
  readonly clearedAtMs: number;
  /** So long after that RunTask may be called. */
  readonly goodForMs: number;
  readonly concurrencyLeaseId: string | undefined;
}

export type Claim =
  | Claimed
  /** Somebody else's, or no longer scheduled. Nothing was written, or it was taken back. */
  | { readonly kind: 'refused'; readonly reason: string }
  /**
   * The server cannot be asked what became of the claim. Whoever reads the run's history later will
   * know.
   */
  | { readonly kind: 'unknown'; readonly launchId: string; readonly error: Error };

/**
 * A sighting older than this proves nothing: the run may be retrying in its own process by now
 * (worker.md 0.4.2).
 */
const sightingGoodForMs = 5_000;
/**
 * A sighting that came along with another run's counts while the claim has time left to be
 * answered.
 */
const sightingTakenWhileMs = 3_000;
const claimRepeatedWithinMs = 10_000;

export type ClaimPorts = Pick<RunPorts, 'clock' | 'random' | 'worker' | 'settings'> & {
  readonly prefect: Pick<PrefectApi, 'proposeState'>;
  readonly looks: Pick<Looks, 'untilAgreed'>;
  readonly voidClaims: Pick<VoidClaims, 'takenBack'>;
  readonly flowRuns: Pick<FlowRunReader, 'read'>;
};

/**
 * Claims a run as late as can be: what follows is RunTask. Only a run that is still scheduled is
 * claimed, since the server would also accept Pending over FAILED, CRASHED and some COMPLETED runs
 * (worker.md 0.4).
 */
export async function claimRun(
  flowRun: FlowRun,
  place: ClaimPlace | undefined,
  ports: ClaimPorts,
  log: Logger,
  signal: AbortSignal,
): Promise<Claim> {
  const sighting = await ports.flowRuns.read(flowRun.id, sightingTakenWhileMs);
  const obstacle = whyNotClaimable(sighting, ports);
  if (obstacle !== undefined) return { kind: 'refused', reason: obstacle };

  const launchId = ports.random.uuid();
  const sentAtMs = ports.clock.monotonicMs();
  const attempt: ClaimAttempt = { flowRun, launchId, sighting, sentAtMs, log };
  const message = claimMessage(ownerOf(ports.worker()), place);
  const proposal = proposalOf('PENDING', { message, transitionId: launchId });
  try {
    const answer = await proposeUntilAnswered(flowRun.id, proposal, ports, signal, {
      retryWithinMs: claimRepeatedWithinMs,
    });
    switch (answer.kind) {
      case 'accepted':
        return await confirmed(attempt, answer.state, ports, signal);
      case 'rejected':
        if (answer.state?.transitionId === launchId) {
          return await confirmed(attempt, answer.state, ports, signal);
        }
        return {
          kind: 'refused',
          reason: answer.reason ?? `the run is now ${answer.state?.name ?? 'in another state'}`,
        };
      case 'aborted':
        return await claimAfterDoubt(attempt, answer.reason ?? 'the server refused', ports, signal);
      case 'not-found':
        return { kind: 'refused', reason: 'the run no longer exists' };
    }
  } catch (error) {
    return await claimAfterDoubt(attempt, toError(error), ports, signal);
  }
}

/** One claim on its way: whose it is, and what was seen before it was sent. */
interface ClaimAttempt {
  readonly flowRun: FlowRun;
  readonly launchId: string;
  readonly sighting: RunSighting;
  readonly sentAtMs: number;
  readonly log: Logger;
}

function whyNotClaimable(sighting: RunSighting, ports: ClaimPorts): string | undefined {
  const run = sighting.flowRun;
  if (run === undefined) return 'the run no longer exists';
  if (run.stateType !== 'SCHEDULED')
    return `the run is ${run.stateName ?? run.stateType ?? 'in no state'}`;
  if (run.retryType === 'in_process') return 'its own process is retrying it';
  const horizon = ports.clock.now().getTime() + ports.settings().prefetchSeconds * 1000;
  const due = run.nextScheduledStartTime;
  if (due !== undefined && new Date(due).getTime() > horizon) return `it is scheduled for ${due}`;
  return undefined;
}

/**
 * An accepted claim counts at once if the sighting before it was fresh; else the history tells what
 * it overwrote.
 */
async function confirmed(
  attempt: ClaimAttempt,
  state: State,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<Claim> {
  const { launchId, sighting } = attempt;
  if (ports.clock.monotonicMs() - sighting.askedAtMs > sightingGoodForMs) {
    return await claimAfterDoubt(attempt, 'the claim was answered late', ports, signal);
  }
  const { deploymentConcurrencyLeaseId: concurrencyLeaseId } = state;
  return {
    kind: 'claimed',
    launchId,
    clearedAtMs: attempt.sentAtMs,
    goodForMs: lookGoodForMs,
    concurrencyLeaseId,
  };
}

/**
 * Looks at the run when an answer leaves open whether the claim stands, or what stood before it. A
 * claim that overwrote anything but a scheduled state, or the wait of a process for its own retry,
 * is taken back by writing that state again (worker.md A1).
 */
async function claimAfterDoubt(
  { flowRun, launchId, log }: ClaimAttempt,
  doubt: Error | string,
  ports: ClaimPorts,
  signal: AbortSignal,
): Promise<Claim> {
  try {
    const look = await ports.looks.untilAgreed(flowRun.id, signal);
    if (look === undefined) return { kind: 'refused', reason: 'the run no longer exists' };
    const { history, present } = look;
    const at = history.findIndex((state) => state.transitionId === launchId);
    const ours = history[at];
    if (ours === undefined) {
      if (typeof doubt === 'string') return { kind: 'refused', reason: doubt };
      return { kind: 'unknown', launchId, error: doubt };
    }
    ports.voidClaims.takenBack(launchId); // until it is claimed below, nothing was launched for it
    if (ours !== present) return { kind: 'refused', reason: 'the run went on without this claim' };
    const before = history.slice(0, at).findLast(({ type }) => type !== 'PENDING');
    if (before !== undefined && (before.type !== 'SCHEDULED' || looksVoid(history, at))) {
      log.warning(
        `Flow run '${flowRun.name}' was already ${before.name} when this worker's claim reached Prefect; ` +
          'restoring that state.',
      );
      await writeBack(flowRun.id, before, log, ports, signal);
      return { kind: 'refused', reason: `the run was ${before.name} when it was claimed` };
    }
    return {
      kind: 'claimed',
      launchId,
      clearedAtMs: look.sentAtMs,
      goodForMs: look.goodForMs,
      concurrencyLeaseId: ours.deploymentConcurrencyLeaseId,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'unknown', launchId, error: toError(error) };
  }
}
