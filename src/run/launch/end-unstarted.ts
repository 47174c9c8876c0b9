import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import { toError } from '../../kernel/errors.ts';
import type { RunPorts } from '../run-context.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { parseFollower } from '../../core/claim/claim-record.ts';
import { actorOf } from '../states/act.ts';
import { cancelledWhilePending, proposeCancelled, type NoTaskLives } from '../states/cancelled.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { giveBack } from '../states/schedule-again.ts';
import { stopTask, tellDeniedOnce, type StoppableTask } from '../tasks/stop-task.ts';
import type { AwsSession } from '../ports/aws.ts';
import { livingTask, type LaunchPlace } from './relaunch-clearance.ts';
import type { AwaitedEnd } from './awaited-end.ts';
import type { ClaimLaunch } from './claim-launch.ts';
import type { TaskLauncher } from './task-launcher.ts';

/** What is known of a claim whose launches have started nothing so far. */
export interface UnstartedClaim {
  /** This process made the claim. An adopter never saw the answers to the earlier calls. */
  readonly isOwn: boolean;
  /** ECS reported STOPPED for the task of the last launch. */
  readonly wasStopped: boolean;
  /** Every RunTask of the claim was answered, each with a refusal. */
  isOnlyRefused(): boolean;
  isAnswered(): boolean;
  /** Milliseconds since the last RunTask that may have started a task. */
  ageMs(): number;
  /** Milliseconds since this process made the claim. */
  sinceClaimMs(): number;
  readonly session: AwsSession;
}

/** Collects these facts from launcher and claim. */
export function unstartedClaim(
  {
    launching,
    adopted,
    first,
    session,
    wasStopped,
  }: Pick<ClaimLaunch, 'adopted' | 'first'> &
    Pick<UnstartedClaim, 'session' | 'wasStopped'> & { readonly launching: TaskLauncher },
  ports: Pick<RunPorts, 'prefect' | 'clock'>,
): UnstartedClaim {
  const claimedAtMs = first.kind === 'launch' ? first.clearedAtMs : -Infinity;
  return {
    isOwn: adopted === undefined,
    wasStopped,
    isOnlyRefused: () => launching.isOnlyRefused,
    isAnswered: () => launching.isAnswered,
    ageMs: () => {
      if (adopted === undefined) return launching.sinceLastCallMs;
      return Math.min(launching.sinceLastCallMs, ports.prefect.server.ageMs(adopted.announcedAt));
    },
    sinceClaimMs: () => ports.clock.monotonicMs() - claimedAtMs,
    session,
  };
}

type Unstarted = {
  readonly run: ReportedRun;
  readonly place: LaunchPlace;
  readonly unstarted: UnstartedClaim;
};

const lookAgainMs = 15_000;

/**
 * Proposes Cancelled once no task can be alive: at once if every RunTask was refused, else when ECS
 * would show a task and shows none. A living task is left to its follower, which stops it.
 */
export async function cancelBeforeStart(
  { run, place, unstarted }: Unstarted,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Extract<AwaitedEnd, { readonly kind: 'alive' | 'ended' }>> {
  const transitionId = ports.random.uuid();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const living = await livingTask(run, place, 1, signal);
      if (living !== undefined && !(living instanceof Error))
        return { kind: 'alive', task: living };
      const noTaskLives = living instanceof Error ? undefined : whyNoTaskLives(unstarted);
      if (noTaskLives !== undefined) {
        const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
        if (look === undefined) return cancelled;
        const message = cancelledWhilePending;
        const act = { actor: actorOf(run.launchId, ports), line: run.proposals, log: run.log };
        const cancellation = { ...act, noTaskLives, message, transitionId };
        const answer = await proposeCancelled(look, cancellation, ports, signal);
        if (answer.kind === 'done') run.log.info(message);
        if (answer.kind !== 'stale') return cancelled;
        continue;
      }
      await ports.clock.sleep(lookAgainMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      run.log.debug('Could not look at the cancelled flow run; retrying', {
        error: toError(error).message,
      });
      await ports.clock.sleep(exponentialMs(attempt, 1_000, 60_000, ports.random), signal);
    }
  }
}

const cancelled: Extract<AwaitedEnd, { readonly kind: 'ended' }> = {
  kind: 'ended',
  outcome: { kind: 'cancelled' },
};

function whyNoTaskLives(unstarted: UnstartedClaim): NoTaskLives | undefined {
  if (unstarted.isOwn && unstarted.isOnlyRefused()) return 'never-started';
  if (unstarted.wasStopped && unstarted.isAnswered()) return 'stopped';
  return unstarted.ageMs() >= visibleAfterMs ? 'not-found' : undefined;
}

/** An older claim may have been adopted and launched by another process. */
const surelyOursForMs = 25_000;

/**
 * Gives back a claim of which nothing was started: the run is rescheduled and claimed anew
 * (worker.md A4, 0.4.5). Undefined: it cannot be given back, because a task may exist or the server
 * would end the run.
 */
export async function giveBackClaim(
  awaited: Unstarted & { readonly message: string },
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Extract<AwaitedEnd, { readonly kind: 'alive' | 'ended' }> | undefined> {
  const { run, place, unstarted, message } = awaited;
  if (!unstarted.isOwn || !unstarted.isOnlyRefused() || run.flowRun.deploymentId === undefined)
    return undefined;
  const isFresh = unstarted.sinceClaimMs() <= surelyOursForMs;
  const living = isFresh ? undefined : await livingTask(run, place, 1, signal).catch(toError);
  signal.throwIfAborted();
  if (living instanceof Error) return undefined;
  if (living !== undefined) return { kind: 'alive', task: living };
  const rescheduling = {
    actor: actorOf(run.launchId, ports),
    message,
    line: run.proposals,
    log: run.log,
  };
  for (;;) {
    const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
    if (look === undefined) return { kind: 'ended', outcome: { kind: 'handed-over' } };
    const answer = await giveBack(look, rescheduling, ports, signal);
    if (answer.kind === 'stale') continue;
    if (answer.kind === 'refused')
      return {
        kind: 'ended',
        outcome: { kind: 'skipped', reason: `it could not be given back: ${answer.why}` },
      };
    ports.lateChecks.add(
      (late) => stopIfAdoptedMeanwhile(awaited, ports, late),
      adoptersTaskAfterMs,
    );
    return { kind: 'ended', outcome: { kind: 'skipped', reason: 'it was given back' } };
  }
}

/** The earliest launch of an adopter after it wrote its label. */
const adoptersTaskAfterMs = 10_000;

/**
 * An adopter may have launched the claim while it was given back. That launch does not stand: stops
 * its task.
 */
async function stopIfAdoptedMeanwhile(
  { run, place, unstarted }: Unstarted,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
  const follower = look === undefined ? undefined : parseFollower(look.flowRun.labels);
  const isOthers =
    follower?.launchId === run.launchId && follower.processId !== ports.worker().processId;
  if (look === undefined || !isOthers) return;
  const living = await livingTask(run, place, 1, signal);
  if (living === undefined || living instanceof Error) return;
  const task: StoppableTask = {
    ...living,
    launchId: run.launchId,
    attempt: run.attempt,
    session: unstarted.session,
  };
  const reason = 'Stopped by Prefect worker: the flow run was given back before its task started.';
  const onDenied = tellDeniedOnce(task.taskArn, 'the flow run that was given back', run.log);
  await stopTask(look, { cause: 'launch-void', task, reason, onDenied }, ports, signal);
}
