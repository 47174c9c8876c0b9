import { followerLabel, followerText } from '../core/claim/claim-record.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import { toError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import { claimRun } from './claim/claim.ts';
import type { ActiveRun } from './shared/active-runs.ts';
import { launchClaim, reserveFirstTurn } from './claimed-run.ts';
import { capacityKeyFor, placeOf } from './prepare/prepare.ts';
import { prepareRun, type PreparedRun } from './prepare/prepared-run.ts';
import { proposalOf, Proposals } from './states/proposals.ts';
import { crashSubmission } from './report/report.ts';
import { type ReportedRun } from './states/reported-run.ts';
import { type RunOutcome } from './ports/run-outcome.ts';
import { type RunPorts } from './run-context.ts';
import { ownerOf } from './ports/worker-identity.ts';
import { type RunLife } from './ports/stop-signals.ts';
import { loggerShowing } from './output/redaction.ts';

/**
 * One flow run, all the way: configure, plan, provide the definition, wait for a turn, claim, launch, follow, report,
 * clean up. Claimed as late as can be, so that a death before it strands nothing (ecs-worker.md 0.4).
 *
 * Resolves with how it went and never rejects: one bad run must not take the worker down with it. `slot` is returned
 * when the task has stopped, or when there will be none.
 */
export async function runFlowRun(
  flowRun: FlowRun,
  slot: Disposable,
  ports: RunPorts,
  life: RunLife,
): Promise<RunOutcome> {
  // Not `using`: see launchClaim.
  const active = ports.active.begin(flowRun);
  let expected: Disposable | undefined;
  const log = ports.logFor(flowRun);
  try {
    log.info(`Worker '${ports.worker().name}' submitting flow run '${flowRun.id}'`);
    const preparation = await prepareRun(flowRun, ports, log, life.drain);
    flowRun.document.forget();
    if (preparation.kind === 'deployment-gone')
      return await cancel(flowRun, preparation.deploymentId, ports, life.stop);
    expected = ports.runStates.expect(flowRun.id); // until it is claimed
    if (preparation.kind === 'failed')
      return await claimToCrash(flowRun, preparation.error, expected, active, ports, log, life);
    return await claimToLaunch(flowRun, preparation.prepared, expected, active, slot, ports, log, life);
  } catch (error) {
    if (!life.drain.aborted) {
      log.error(`Flow run '${flowRun.name}' could not be handled; it is left to the next poll.`, {
        error: toError(error).message,
      });
    }
    return { kind: 'handed-over' };
  } finally {
    expected?.[Symbol.dispose]();
    active[Symbol.dispose]();
    slot[Symbol.dispose]();
  }
}

/** An error of the preparation is told over a claim, as one of the launch is. */
async function claimToCrash(
  flowRun: FlowRun,
  error: Error,
  expected: Disposable,
  active: ActiveRun,
  ports: RunPorts,
  log: Logger,
  life: RunLife,
): Promise<RunOutcome> {
  if (life.drain.aborted) return { kind: 'skipped', reason: 'the worker is stopping' };
  const claim = await claimRun(flowRun, undefined, ports, log, life.stop);
  expected[Symbol.dispose]();
  if (claim.kind !== 'claimed') return unclaimed(flowRun, claim, log);
  active.claimed(claim.launchId);
  const run = claimedRun(flowRun, claim.launchId, ports, log);
  return crashSubmission(run, error.name, error.message, ports, life.stop);
}

async function claimToLaunch(
  flowRun: FlowRun,
  prepared: PreparedRun,
  expected: Disposable,
  active: ActiveRun,
  slot: Disposable,
  ports: RunPorts,
  log: Logger,
  life: RunLife,
): Promise<RunOutcome> {
  const competition = ports.capacity.begin(prepared.ask(capacityKeyFor), flowRun.id);
  try {
    if (!competition.mayClaim()) return full;
    const turn = await reserveFirstTurn(prepared, life.drain);
    if (life.drain.aborted || !competition.mayClaim()) {
      turn.giveBack();
      return life.drain.aborted ? { kind: 'skipped', reason: 'the worker is stopping' } : full;
    }
    const claim = await claimRun(flowRun, prepared.ask(placeOf), ports, log, life.stop);
    expected[Symbol.dispose]();
    if (claim.kind !== 'claimed') {
      turn.giveBack();
      return unclaimed(flowRun, claim, log);
    }
    active.claimed(claim.launchId);
    const run = claimedRun(flowRun, claim.launchId, ports, loggerShowing(prepared.facts.shown, log));
    return await launchClaim(
      {
        run,
        prepared,
        first: { kind: 'launch', token: claim.launchId, clearedAtMs: claim.acceptedAtMs },
        competition,
        cluster: undefined,
        concurrencyLeaseId: claim.concurrencyLeaseId,
        waitingSinceMs: undefined,
        besides: tellProgress(run, ports, life.stop),
      },
      active,
      slot,
      ports,
      life,
    );
  } finally {
    competition[Symbol.dispose]();
  }
}

const full: RunOutcome = {
  kind: 'skipped',
  reason: 'the capacity that it asks for is full, and enough runs wait for it',
};

function claimedRun(flowRun: FlowRun, launchId: string, ports: RunPorts, log: Logger): ReportedRun {
  return { flowRun, launchId, attempt: 1, proposals: new Proposals(flowRun.id, ports, log), log };
}

function unclaimed(
  flowRun: FlowRun,
  claim:
    | { readonly kind: 'refused'; readonly reason: string }
    | { readonly kind: 'unknown'; readonly error: Error },
  log: Logger,
): RunOutcome {
  if (claim.kind === 'unknown') {
    log.error(`It is not known whether the claim of flow run '${flowRun.name}' was accepted.`, {
      error: claim.error.message,
    });
    return { kind: 'handed-over' };
  }
  log.debug(`Flow run '${flowRun.name}' was not claimed: ${claim.reason}.`);
  return { kind: 'skipped', reason: claim.reason };
}

/** What RunTask does not need goes out beside it (ecs-worker.md 0.1). */
async function tellProgress(run: ReportedRun, ports: RunPorts, signal: AbortSignal): Promise<void> {
  const worker = ports.worker();
  const pool = ports.workPool();
  const labels = ports.prefect
    .updateLabels(
      run.flowRun.id,
      {
        'prefect.worker.name': worker.name,
        'prefect.worker.type': 'ecs',
        'prefect.work-pool.name': pool.name,
        'prefect.work-pool.id': pool.id,
        [followerLabel]: followerText(run.launchId, ownerOf(worker)),
      },
      signal,
    )
    .catch((error: unknown) => run.log.debug('Could not set labels', { error: toError(error).message }));
  await Promise.all([labels, run.proposals.progress('Submitting', undefined, signal)]);
}

async function cancel(
  flowRun: FlowRun,
  deploymentId: string,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const present = await ports.runStates.see(flowRun.id);
  if (present.flowRun?.stateType !== 'SCHEDULED')
    return { kind: 'skipped', reason: 'it is no longer scheduled' };
  const message = `Deployment ${deploymentId} no longer exists, cancelled run.`;
  await ports.prefect.proposeState(
    flowRun.id,
    proposalOf('CANCELLED', { name: 'Cancelled', message, transitionId: ports.random.uuid(), force: true }),
    signal,
  );
  return { kind: 'cancelled' };
}
