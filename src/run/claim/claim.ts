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

/** A run that this process may launch. */
export interface Claimed {
  readonly kind: 'claimed';
  /** The claim's `transition_id`, RunTask's `clientToken`. */
  readonly launchId: string;
  /**
   * When it was last certain that no other process may launch: the claim was sent then, or a look
   * was.
   */
  readonly clearedAtMs: number;
  /** RunTask may be called this long after `clearedAtMs`. */
  readonly goodForMs: number;
  readonly concurrencyLeaseId: string | undefined;
}

export type Claim =
  | Claimed
  /**
   * Another process has the run, or it is no longer scheduled. Nothing was written, or it was
   * undone.
   */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Prefect did not show what became of the claim. The run's history will show it later. */
  | { readonly kind: 'unknown'; readonly launchId: string; readonly error: Error };

/**
 * A state fetched longer ago than this proves nothing: the run may be retrying in its own process
 * by now (worker.md 0.4.2).
 */
const sightingGoodForMs = 5_000;
/**
 * A state fetched in another run's batch is trusted for 3 s: the claim must still be answered
 * within 5 s of it.
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
 * Claims a run as late as possible: RunTask follows at once. Claims only a run that is still
 * scheduled, because the server would also accept Pending over FAILED, CRASHED and some COMPLETED
 * runs, and a finished run would run again (worker.md 0.4).
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

/** One claim on its way, and what was seen of the run before it was sent. */
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
 * An accepted claim counts at once if the sighting before it was fresh. Otherwise the history must
 * show what it overwrote.
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
 * Looks at the run when the answer does not show whether the claim stands, or what it overwrote. If
 * it overwrote anything but a scheduled state, that state is restored: launching would run a
 * finished run again, or start a second process beside one that waits for its own retry (worker.md
 * A1).
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
    ports.voidClaims.takenBack(launchId); // nothing was launched for it, unless it is claimed below
    if (ours !== present) return { kind: 'refused', reason: 'the run went on without this claim' };
    const before = history.slice(0, at).findLast(({ type }) => type !== 'PENDING');
    if (before !== undefined && (before.type !== 'SCHEDULED' || looksVoid(history, at))) {
      log.warning(
        `Flow run '${flowRun.name}' was already ${before.name} when this worker's claim ` +
          'reached Prefect; restoring that state.',
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
