/**
 * One flow run, from the poll's offer to its reported end: the table of contents of `run/`.
 *
 * | step | call | in |
 * | --- | --- | --- |
 * | 1 configure, 2 plan, 3 provide the definition | `prepareRun` | `prepare/`, `core/plan` |
 * | 4 wait for capacity and a launch turn | `reserveFirstTurn` | `claimed-run.ts` |
 * | 5 claim | `claimRun` | `claim/` |
 * | 6 launch, 7 record the identifier | `launchClaim` | `claimed-run.ts`, `launch/` |
 * | 8 follow | `followToEnd` | `follow/` |
 * | 9 deregister, 10 report | `endFollowed`: `cleanUp`, `report` | `follow/`, `report/` |
 *
 * The run is claimed as late as possible: a worker that dies before that leaves nothing behind
 * (worker.md 0.4). State held here: the run's `ActiveRun`, slot, capacity ticket and lease.
 */
import { followerLabel, followerText } from '../core/claim/claim-record.ts';
import { mayHaveOlderClaim } from '../core/claim/older-tasks.ts';
import { isDefect, toError } from '../kernel/errors.ts';
import { claimRun, type Claim, type Claimed } from './claim/claim.ts';
import { untilClaimDecided } from './claim/undecided-claim.ts';
import { launchClaim, reserveFirstTurn } from './claimed-run.ts';
import type { RunOutcome } from './ports/run-outcome.ts';
import { ownerOf } from './ports/worker-identity.ts';
import { askingFor, capacityKeyFor, placeOf } from './prepare/prepare.ts';
import { prepareRun, type PreparedRun } from './prepare/prepared-run.ts';
import { crashSubmission } from './report/report.ts';
import type { RunContext } from './run-context.ts';
import { Proposals } from './states/proposals.ts';
import { proposalOf } from '../core/prefect/proposal.ts';
import type { ReportedRun } from './states/reported-run.ts';
import type { HeldBackError } from './shared/gate.ts';
import type { CapacityTicket } from './shared/capacity-ticket.ts';
import type { HeldLease } from './shared/leases.ts';
import { sendOver, atOnce } from './states/act.ts';

/**
 * Takes one flow run from the poll's offer to its end. Resolves with the outcome and never rejects:
 * one bad run must not stop the worker. Returns the context's slot when the task has stopped, or
 * when there will be no task.
 */
export async function runFlowRun(start: Omit<RunContext, 'active' | 'log'>): Promise<RunOutcome> {
  const { flowRun, ports, signals, slot } = start;
  // not `using`: see launchClaim
  const active = ports.active.begin(flowRun);
  const context: RunContext = { ...start, active, log: ports.logFor(flowRun) };
  let prefetched: Disposable | undefined;
  try {
    context.log.info(`Worker '${ports.worker().name}' submitting flow run '${flowRun.id}'`);
    const preparing = { flowRun, log: context.log, isAdopted: false, conceal: active.conceal };
    const preparation = await prepareRun(preparing, ports, signals.drain);
    flowRun.document.forget();
    if (preparation.kind === 'deployment-gone')
      return await cancel(context, preparation.deploymentId);
    if (preparation.kind === 'held-back') return { kind: 'skipped', reason: preparation.reason };
    prefetched = ports.flowRuns.prefetch(flowRun.id); // until it is claimed
    if (preparation.kind === 'failed')
      return await claimToCrash(context, preparation.error, prefetched);
    return await claimToLaunch(context, preparation.prepared, prefetched);
  } catch (error) {
    if (!signals.drain.aborted || isDefect(error)) {
      context.log.error(`Could not submit flow run '${flowRun.name}'; the next poll retries it.`, {
        error: toError(error).message,
      });
    }
    if (active.launchId !== undefined) ports.takeUpAgain(flowRun.id);
    return { kind: 'handed-over' };
  } finally {
    ports.looks.forget(flowRun.id);
    prefetched?.[Symbol.dispose]();
    active[Symbol.dispose]();
    slot[Symbol.dispose]();
  }
}

/** Reports an error of the preparation as one of the launch: over a claim of this worker. */
async function claimToCrash(
  context: RunContext,
  error: Error,
  prefetched: Disposable,
): Promise<RunOutcome> {
  const { flowRun, ports, signals, log } = context;
  if (signals.drain.aborted) return stopping;
  const claim = await claimRun(flowRun, undefined, ports, log, signals.stop);
  prefetched[Symbol.dispose]();
  if (claim.kind !== 'claimed') return unclaimed(context, claim);
  claimed(context, claim);
  return crashSubmission(claimedRun(context, claim), error, ports, signals.stop, 'never-started');
}

async function claimToLaunch(
  context: RunContext,
  prepared: PreparedRun,
  prefetched: Disposable,
): Promise<RunOutcome> {
  const { flowRun, ports } = context;
  let lease: HeldLease | undefined;
  const capacityTicket = ports.capacity.begin(prepared.ask(capacityKeyFor), flowRun.id);
  try {
    const claim = await claimInTurn(context, prepared, capacityTicket);
    if (claim.kind === 'skipped') return claim;
    prefetched[Symbol.dispose]();
    if (claim.kind !== 'claimed') return unclaimed(context, claim);
    claimed(context, claim);
    const { log } = context;
    const run = claimedRun(context, claim);
    const leaseId = claim.concurrencyLeaseId;
    lease =
      leaseId === undefined
        ? undefined
        : ports.leases.hold({ leaseId, flowRunId: flowRun.id, log });
    return await launchClaim(
      {
        run,
        prepared,
        // Written out, because the worker holds this object while the task runs: V8 gives each
        // object made by a spread a hidden class of its own.
        first: {
          kind: 'launch',
          token: claim.launchId,
          clearedAtMs: claim.clearedAtMs,
          goodForMs: claim.goodForMs,
        },
        capacityTicket,
        cluster: undefined,
        lease,
        adopted: undefined,
        progressUpdates: tellProgress(run, context),
      },
      context,
    );
  } finally {
    capacityTicket[Symbol.dispose]();
    lease?.[Symbol.dispose]();
  }
}

type Skipped = Extract<RunOutcome, { readonly kind: 'skipped' }>;

/**
 * Apart from `claimToLaunch`, whose frame lives as long as the task: what the breaker is asked with
 * holds the whole plan.
 */
async function claimInTurn(
  { flowRun, ports, signals, log }: RunContext,
  prepared: PreparedRun,
  capacityTicket: CapacityTicket,
): Promise<Claim | Skipped> {
  const asking = prepared.ask((plan) => askingFor(plan, { flowRun, log, isAdopted: false }));
  const heldBack = (): HeldBackError | undefined => ports.breaker.heldBack(asking, ['RunTask']);
  const before = obstacleTo(capacityTicket, heldBack, signals);
  if (before !== undefined) return before;
  const turn = await reserveFirstTurn(prepared, signals.drain);
  const obstacle = obstacleTo(capacityTicket, heldBack, signals);
  if (obstacle !== undefined) {
    turn.giveBack();
    return obstacle;
  }
  const claim = await claimRun(flowRun, prepared.ask(placeOf), ports, log, signals.stop);
  if (claim.kind !== 'claimed') turn.giveBack();
  return claim;
}

/** What has come up since the preparation, or while the run waited for its turn. */
function obstacleTo(
  capacityTicket: CapacityTicket,
  heldBack: () => HeldBackError | undefined,
  { drain }: RunContext['signals'],
): Skipped | undefined {
  if (drain.aborted) return stopping;
  if (!capacityTicket.mayClaim()) return full;
  const why = heldBack();
  return why === undefined ? undefined : { kind: 'skipped', reason: why.message };
}

const full: Skipped = {
  kind: 'skipped',
  reason: 'its capacity is full, and enough runs already wait for it',
};
const stopping: Skipped = { kind: 'skipped', reason: 'the worker is stopping' };

function claimed({ flowRun, active, ports }: RunContext, { launchId }: Claimed): void {
  active.claimed(launchId);
  if (mayHaveOlderClaim(flowRun)) ports.stopOlderTasks(flowRun.id);
}

function claimedRun(
  { flowRun, ports, log }: Pick<RunContext, 'flowRun' | 'ports' | 'log'>,
  { launchId }: Claimed,
): ReportedRun {
  return { flowRun, launchId, attempt: 1, proposals: new Proposals(flowRun.id, ports, log), log };
}

function unclaimed(
  { flowRun, log, ports }: RunContext,
  claim: Exclude<Claim, Claimed>,
): RunOutcome {
  if (claim.kind === 'unknown') {
    log.error(`Cannot tell whether Prefect accepted the claim of flow run '${flowRun.name}'.`, {
      error: claim.error.message,
    });
    ports.takeUpAgain(flowRun.id); // it may have arrived, or may still arrive
    const undecided = { flowRunId: flowRun.id, launchId: claim.launchId };
    ports.holdSlot(flowRun.id, (signal) => untilClaimDecided(undecided, ports, signal));
    return { kind: 'handed-over' };
  }
  log.debug(`Did not claim flow run '${flowRun.name}': ${claim.reason}.`);
  return { kind: 'skipped', reason: claim.reason };
}

/**
 * Sends labels and progress in parallel with RunTask, which needs neither (worker.md 0.1 step 3).
 */
async function tellProgress(run: ReportedRun, { ports, signals }: RunContext): Promise<void> {
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
      signals.stop,
    )
    .catch((error: unknown) =>
      run.log.debug('Could not set labels', { error: toError(error).message }),
    );
  await Promise.all([labels, run.proposals.progress('Submitting', undefined, signals.stop)]);
}

/**
 * Cancels a run whose deployment is gone, if a second read confirms that. A real server deletes the
 * scheduled runs of a deleted deployment, so a run that still exists contradicts the first answer.
 */
async function cancel(context: RunContext, deploymentId: string): Promise<RunOutcome> {
  const { flowRun, ports, signals, log } = context;
  await ports.clock.sleep(secondReadAfterMs, signals.drain);
  if ((await ports.prefect.readDeployment(deploymentId, signals.stop)) !== undefined)
    return { kind: 'skipped', reason: 'its deployment exists after all' };
  const look = await ports.looks.untilAgreed(flowRun.id, signals.stop);
  if (look?.present.type !== 'SCHEDULED' || look.flowRun.deploymentId !== deploymentId)
    return { kind: 'skipped', reason: 'it is no longer scheduled' };
  const message = `Deployment ${deploymentId} no longer exists, cancelled run.`;
  const transitionId = ports.random.uuid();
  const proposal = proposalOf('CANCELLED', { name: 'Cancelled', message, transitionId });
  await sendOver(look, proposal, { line: atOnce, log }, ports, signals.stop);
  return { kind: 'cancelled' };
}

const secondReadAfterMs = 10_000;
