/**
 * Adopts one run that no process follows (worker.md 9.7). An adopter is a launcher that came late:
 * from `settle` on, it does what a launcher does.
 *
 * 1. `adoptRun`: look at the run. Has it ended, which of its claims counts, who is answerable?
 * 2. `takeUp`: write our label (`take-over.ts`), and restore a final state that late progress
 *    hides. A run without a claim is claimed (`claimAgain`) or ended (`endUnclaimed`).
 * 3. `settle.ts`: find the task (`find-task.ts`, `search-ecs.ts`), then follow it
 *    (`follow-adopted.ts`), launch it (`adopt-by-launch.ts`), or report its end.
 *
 * No state here: what an adoption found goes back to `worker/adoption.ts` through `Orphan`.
 */
import { Concealment } from '../shared/concealment.ts';
import { pythonsOwner } from '../../core/claim/head-owner.ts';
import { ownerOfClaim, whyNotReclaimed } from '../../core/claim/act-rows.ts';
import { cancelledOlderClaims } from '../../core/claim/older-tasks.ts';
import {
  followerLabel,
  followerText,
  parseFollower,
  type Owner,
} from '../../core/claim/claim-record.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { FlowRunHead } from '../../core/prefect/flow-run-head.ts';
import { isFinal } from '../../core/prefect/state.ts';
import { isDefect, toError } from '../../kernel/errors.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { RunContext, RunPorts } from '../run-context.ts';
import { atOnce } from '../states/act.ts';
import { cancelledWhilePending, proposeCancelled } from '../states/cancelled.ts';
import type { Look } from '../states/look.ts';
import { untilClaimDecided } from '../claim/undecided-claim.ts';
import { reclaim, restoreHidden } from '../states/overwritten-state.ts';
import { Proposals } from '../states/proposals.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { AdoptedRun } from './adopted-run.ts';
import { configuredJob } from './configured-job.ts';
import { clusterOf, sessionIn } from './find-task.ts';
import { settle } from './settle.ts';
import { takeOver } from './take-over.ts';
import type { ReadLane } from '../states/looks.ts';

/** What a look showed of a run, for whoever judges its owner. */
export interface SeenClaim {
  readonly stateId: string | undefined;
  /** When its owner claimed it, by Prefect's clock; undefined: the owner is not who claimed it. */
  readonly claimedAt: string | undefined;
}

/** A run of the pool that seems to have no follower. */
export interface Orphan {
  readonly flowRun: Pick<FlowRunHead, 'id'>;
  /**
   * Whether the process answerable for the claim is gone; `owner` undefined: no process is.
   * `stateId`: the run's state in the look that named the owner. The look may be older than the
   * page, so its finding is remembered for that state only.
   */
  readonly isGone: (owner: Owner | undefined, seen: SeenClaim) => boolean;
  /** This process has adopted the run from that owner. */
  readonly took: (owner: Owner | undefined) => void;
  /** No task of the run is alive. */
  readonly nothingLives: () => void;
  /** There is nothing to do until the run leaves this state. */
  readonly needsNothing: (stateId: string | undefined) => void;
  /** When the process was last heard of, by Prefect's clock; undefined: unknown. */
  readonly lastHeartbeatOf: (owner: Owner | undefined) => string | undefined;
}

export interface AdoptionStart extends Omit<RunContext, 'flowRun' | 'active' | 'log' | 'slot'> {
  /** Limits the calls of adoption at once, because Prefect must also serve the living workers. */
  readonly lane: ReadLane;
  /** A slot for a run whose task already lives; it may exceed the limit. */
  readonly takeSlot: () => Disposable;
  /** A slot for a run that is claimed like any other; undefined: none is free. */
  readonly tryTakeSlot: () => Disposable | undefined;
}

const left = (reason: string): RunOutcome => ({ kind: 'skipped', reason });

/**
 * Adopts a run that no process follows (worker.md 9.7): finds its task, or starts the task that was
 * never started, and follows it with all duties of a launcher (worker.md 9.9). Acts only after a
 * look, because the page that named the run may be old. Resolves with the outcome and never
 * rejects: one bad run must not end the round.
 */
export async function adoptRun(orphan: Orphan, start: AdoptionStart): Promise<RunOutcome> {
  const { ports, signals, lane } = start;
  const { id } = orphan.flowRun;
  let log = ports.workerLog;
  try {
    const answer = await ports.looks.look(id, signals.drain, lane);
    if (answer.kind === 'not-agreed') ports.takeUpAgain(id);
    if (answer.kind !== 'look') return left(answer.kind);
    const { look } = answer;
    log = ports.logFor(look.flowRun);
    if (isFinal(look.present.type)) {
      orphan.nothingLives();
      return left('the run has ended');
    }
    // Decided before the owner is judged: a living process that took its claim back follows
    // nothing.
    if (look.claim?.isDecided === false) {
      if (await decide(look, start)) return await adoptRun(orphan, start);
      ports.takeUpAgain(id);
      return left('it is not known yet which of its claims counts');
    }
    const owner = ownerOf(look);
    if (!orphan.isGone(owner, seenClaim(look, owner))) {
      await handLabelOn(look, start);
      return left('another process follows it');
    }
    if (ports.active.has(id, look.claim?.launchId)) return left('this worker already holds it');
    if (ports.breaker.isHandedOn(look.claim?.launchId ?? ''))
      return left('this worker handed it on');
    return await takeUp(look, orphan, start);
  } catch (error) {
    if (!signals.drain.aborted || isDefect(error)) {
      log.warning(`Could not adopt flow run '${id}' yet; retrying.`, {
        error: toError(error).message,
      });
      ports.takeUpAgain(id);
    }
    return { kind: 'handed-over' };
  } finally {
    ports.looks.forget(id);
  }
}

/**
 * A claim of another kind of worker names no owner. The label that Python workers write has at
 * least the worker's name.
 */
function ownerOf(look: Look): Owner | undefined {
  const owner = ownerOfClaim(look);
  if (owner !== undefined || look.claim === undefined) return owner;
  return pythonsOwner(look.flowRun.labels);
}

function seenClaim(look: Look, owner: Owner | undefined): SeenClaim {
  const isClaimers = owner?.processId === look.claim?.record?.processId;
  return {
    stateId: look.present.id,
    claimedAt: isClaimers ? look.claim?.claim.timestamp : undefined,
  };
}

/**
 * Hands our label on to the owner of the latest claim. The label names a claim that is no longer
 * the latest, so the answerable process reads on each page that we are alive, and would never adopt
 * the run.
 */
async function handLabelOn(look: Look, { ports, signals, lane }: AdoptionStart): Promise<void> {
  const { flowRun, claim } = look;
  const labelled = parseFollower(flowRun.labels);
  const owner = ownerOfClaim(look);
  if (claim === undefined || owner === undefined || labelled === undefined) return;
  if (labelled.processId !== ports.worker().processId || labelled.launchId === claim.launchId)
    return;
  if (ports.active.has(flowRun.id, labelled.launchId)) return;
  const label = { [followerLabel]: followerText(claim.launchId, owner) };
  await lane(() => ports.prefect.updateLabels(flowRun.id, label, signals.drain));
}

/**
 * Decides whether the latest claim is void: it may hide the claim that has a task. Returns whether
 * that is decided now.
 */
async function decide(look: Look, { ports, signals }: AdoptionStart): Promise<boolean> {
  using concealment = new Concealment(ports.active.secrets);
  const whose = { flowRun: look.flowRun, conceal: concealment.conceal };
  const { job } = await configuredJob(whose, ports, signals.drain);
  const place = look.claim?.record?.place;
  const session = await sessionIn(place?.region, job, ports, signals.drain);
  const tasks = { session, cluster: place?.cluster ?? clusterOf(job) };
  return await ports.voidClaims.decide(look, tasks, signals.drain);
}

async function takeUp(look: Look, orphan: Orphan, start: AdoptionStart): Promise<RunOutcome> {
  const { ports, signals, lane } = start;
  const log = ports.logFor(look.flowRun);
  const owner = ownerOf(look);
  if (cancelledOlderClaims(look).length > 0) ports.stopOlderTasks(look.flowRun.id);
  if (look.claim === undefined || whyNotReclaimed(look) === undefined) orphan.nothingLives();
  if (whyNotReclaimed(look) === undefined) return claimAgain(look, start);
  if (look.claim === undefined) return endUnclaimed(look, orphan, start);
  using active = ports.active.begin(look.flowRun, look.claim.launchId);
  const mine = await takeOver(look, lane, ports, log, signals.drain);
  if (mine?.claim === undefined) return left('another worker follows it');
  orphan.took(owner);
  const restored = await restoreHidden(mine, { line: atOnce, log }, ports, signals.stop);
  if (restored.kind === 'done') {
    orphan.nothingLives();
    return left('its final state was restored');
  }
  using slot = start.takeSlot();
  const context = { ...start, flowRun: mine.flowRun, active, log, slot };
  return await settled(mine, mine.claim, context, {
    isOwn: false,
    lastHeartbeat: orphan.lastHeartbeatOf(owner),
  });
}

/**
 * Ends a run that was never claimed, so no task of it is alive. Late progress may hide its final
 * state, or it was cancelled there (worker.md A11).
 */
async function endUnclaimed(
  look: Look,
  orphan: Orphan,
  { ports, signals }: AdoptionStart,
): Promise<RunOutcome> {
  const log = ports.logFor(look.flowRun);
  const act = { line: atOnce, log };
  const restored = await restoreHidden(look, act, ports, signals.stop);
  if (restored.kind === 'done') return left('its final state was restored');
  const cancellation = {
    ...act,
    actor: undefined,
    noTaskLives: 'never-started',
    message: cancelledWhilePending,
    transitionId: ports.random.uuid(),
  } as const;
  const cancelled = await proposeCancelled(look, cancellation, ports, signals.stop);
  if (cancelled.kind !== 'done') {
    if (cancelled.kind === 'refused') orphan.needsNothing(look.present.id);
    return left('it was never claimed');
  }
  log.info(cancelledWhilePending);
  return { kind: 'cancelled' };
}

/**
 * Late progress overwrote the run's SCHEDULED state: claims it like any other run, which needs a
 * free slot.
 */
async function claimAgain(look: Look, start: AdoptionStart): Promise<RunOutcome> {
  const { ports, signals } = start;
  using slot = start.tryTakeSlot();
  if (slot === undefined) return left('no slot is free');
  const log = ports.logFor(look.flowRun);
  const launchId = ports.random.uuid();
  const claimed = await reclaim(look, { launchId, log }, ports, signals.stop).catch(
    (error: unknown) => {
      const undecided = { flowRunId: look.flowRun.id, launchId };
      ports.holdSlot(look.flowRun.id, (signal) => untilClaimDecided(undecided, ports, signal));
      throw error;
    },
  );
  if (claimed === 'scheduled-again') return left('it was rescheduled');
  if (claimed?.claim === undefined) return left('another worker claimed it');
  using active = ports.active.begin(claimed.flowRun, claimed.claim.launchId);
  return await settled(
    claimed,
    claimed.claim,
    { ...start, flowRun: claimed.flowRun, active, log, slot },
    { isOwn: true, lastHeartbeat: undefined },
  );
}

async function settled(
  look: Look,
  claim: ClaimHistory,
  context: RunContext,
  past: Pick<AdoptedRun, 'isOwn' | 'lastHeartbeat'>,
): Promise<RunOutcome> {
  const { ports, log } = context;
  const leaseId =
    look.present.deploymentConcurrencyLeaseId ?? claim.claim.deploymentConcurrencyLeaseId;
  const isWaiting = look.present.type === 'PENDING' && leaseId !== undefined;
  using lease = isWaiting
    ? ports.leases.hold({ leaseId, flowRunId: look.flowRun.id, log })
    : undefined;
  const run = reportedRun(look.flowRun, claim, context);
  return await settle({ run, look, claim, lease, ...past }, context);
}

function reportedRun(
  flowRun: FlowRun,
  { launchId, attempt }: ClaimHistory,
  { ports, log }: { readonly ports: RunPorts; readonly log: ReportedRun['log'] },
): ReportedRun {
  return { flowRun, launchId, attempt, proposals: new Proposals(flowRun.id, ports, log), log };
}
