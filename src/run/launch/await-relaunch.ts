import { exponentialMs } from '../../kernel/backoff.ts';
import type { AbortSource } from '../../kernel/abort.ts';
import { toError } from '../../kernel/errors.ts';
import type { LaunchTurn } from '../ports/aws.ts';
import type { RunContext, RunPorts } from '../run-context.ts';
import type { CapacityTicket } from '../shared/capacity-ticket.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { cancelBeforeStart, giveBackClaim, type UnstartedClaim } from './end-unstarted.ts';
import {
  announceRelaunch,
  clearRelaunch,
  standingNow,
  livingTask,
  type Clearance,
  type LaunchPlace,
} from './relaunch-clearance.ts';
import { afterCancelAsked } from './after-cancel-asked.ts';
import type { AwaitedEnd } from './awaited-end.ts';
import { roomless } from './relaunch.ts';
import { UnseenTasks } from './unseen-tasks.ts';
import { untilFound } from './until-found.ts';

/** A run between two launches of its claim, and why the last one started nothing. */
export interface AwaitedRelaunch {
  /** `attempt` is the number of the next launch. */
  readonly run: ReportedRun;
  readonly kind: 'capacity' | 'transient';
  readonly reason: string;
  readonly words?: string;
  readonly place: LaunchPlace;
  readonly capacityTicket: CapacityTicket;
  /** The next launch uses other capacity, so there is no queue to wait in. */
  readonly isElsewhere: boolean;
  /** A dead worker announced the launch: do not wait, only verify. */
  readonly isDue: boolean;
  /** Another process may have launched the run since it was last looked at. */
  readonly isLookDue: boolean;
  /** Aborts when the run has lost its deployment concurrency slot. */
  readonly leaseLost: AbortSource | undefined;
  readonly deadlineMs: number;
  /** What is known of the claim's launches so far. */
  readonly unstarted: UnstartedClaim;
  /** The oldest launch whose task is searched for this time. */
  lookFrom(): number;
  reserveTurn(signal: AbortSignal): Promise<LaunchTurn>;
}

type WaitContext = Pick<RunContext, 'active' | 'ports' | 'signals' | 'submitted'>;

const lostSlot = 'The run lost its deployment concurrency slot before its task started.';
const handedOver: AwaitedEnd = { kind: 'ended', outcome: { kind: 'handed-over' } };

/**
 * Announces the next launch, waits until it is worth a call, and verifies that it is the only one:
 * a launch on a guess would run the flow twice (worker.md 8.3). The run stays PENDING and keeps its
 * slot. When the drain begins it is released at once, and its adopter continues the wait.
 */
export async function awaitRelaunch(
  awaited: AwaitedRelaunch,
  context: WaitContext,
): Promise<AwaitedEnd> {
  const { run } = awaited;
  const { active, ports, signals } = context;
  context.submitted();
  const unseen = new UnseenTasks(ports.clock, run.log);
  let { deadlineMs, leaseLost } = awaited;
  let isLast = false;
  for (;;) {
    const found = isLast
      ? await untilFound({ deadlineMs: Infinity, leaseLost }, context, (until) =>
          lastLook(awaited, unseen, until),
        )
      : await untilFound({ deadlineMs, leaseLost }, context, (until) =>
          clearedInTurn(awaited, unseen, ports, until),
        );
    signals.stop.throwIfAborted();
    switch (found.kind) {
      case 'clear':
        return { ...found, kind: 'go' };
      case 'alive':
      case 'denied':
        return found;
      case 'not-ours':
        run.log.warning(
          "Not relaunching the flow run: this worker's claim is no longer the latest.",
        );
        return handedOver;
      case 'went-on':
        if (found.type === 'RUNNING') return handedOver;
        if (found.type !== 'CANCELLING') return skipped(`the run is ${found.type}`);
        return cancelBeforeStart(awaited, ports, signals.stop);
      case 'let-go':
        return handedOver;
      case 'too-late':
        if (isLast) return found;
        isLast = true; // a refusal does not prove that nothing started
        break;
      case 'seen-again':
        isLast = false;
        deadlineMs = ports.clock.monotonicMs() + afterUnseenMs;
        break;
      case 'lease-lost': {
        const ended = await giveBackClaim({ ...awaited, message: lostSlot }, ports, signals.stop);
        if (ended !== undefined) return ended;
        // a task may exist: continue, and repeat the token
        leaseLost = undefined;
        break;
      }
      case 'cancel-asked': {
        active.cancelled.take();
        const end = await afterCancelAsked(awaited, ports, signals.stop);
        if (end !== undefined) return end;
      }
    }
  }
}

/**
 * A `Date` header has whole seconds, so Prefect's clock as estimated here may be a second behind.
 */
const dateStepMs = 1_000;

/**
 * Time without an answer is not a lack of capacity: afterwards the run may wait at least this long.
 */
const afterUnseenMs = 5 * 60_000;

type Cleared =
  | Exclude<Clearance, { kind: 'not-announced' | 'settling' | 'unseen' }>
  | Extract<AwaitedEnd, { kind: 'denied' }>;

async function clearedInTurn(
  awaited: AwaitedRelaunch,
  unseen: UnseenTasks,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Cleared> {
  const obstacle = awaited.isDue ? undefined : await announceAndWait(awaited, ports, signal);
  if (obstacle !== undefined) return obstacle;
  for (let attempt = 1; ; attempt += 1) {
    const clearance = await clearedOnce(awaited, ports, signal);
    if (clearance.kind === 'unseen') {
      await unseen.wait(clearance.error, signal);
      continue;
    }
    unseen.seen();
    if (clearance.kind === 'settling') {
      await ports.clock.sleep(clearance.leftMs + dateStepMs, signal);
      continue;
    }
    if (clearance.kind !== 'unclear' && clearance.kind !== 'not-announced') return clearance;
    await ports.clock.sleep(exponentialMs(attempt, 1_000, 30_000, ports.random), signal);
    if (clearance.kind !== 'not-announced') continue;
    const since = await announceOnLook({ ...awaited, isLookDue: true }, ports, signal);
    if (since !== undefined) return since;
  }
}

async function announceAndWait(
  awaited: AwaitedRelaunch,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const { run, capacityTicket, kind, isElsewhere } = awaited;
  const obstacle = await announceOnLook(awaited, ports, signal);
  if (obstacle !== undefined) return obstacle;
  if (kind === 'capacity' && !isElsewhere) await capacityTicket.turn(signal);
  else await ports.clock.sleep(exponentialMs(run.attempt, 1_000, 20_000, ports.random), signal);
  return undefined;
}

type Obstacle = Extract<Cleared, { kind: 'denied' | 'not-ours' | 'went-on' }>;

/**
 * Announces the launch, after a look if that is due. An announcement takes the run from the process
 * that made the launch before it: a process that was paused while another adopted and launched its
 * run would have that task stopped. Without an answer nothing is announced: the clearance before
 * the launch finds that, and comes back here.
 */
async function announceOnLook(
  awaited: AwaitedRelaunch,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const { run } = awaited;
  if (awaited.isLookDue) {
    const standing = await standingNow(run, ports, signal).catch(toError);
    signal.throwIfAborted();
    if (standing === undefined) return { kind: 'not-ours' };
    if (standing instanceof Error) {
      run.log.debug('Could not look before the announcement', { error: standing.message });
      return undefined;
    }
    if (standing.kind === 'overtaken') return { kind: 'not-ours' };
    if (standing.kind === 'went-on') return standing;
    if (standing.kind !== 'not-announced') return undefined; // the clearance settles it
  }
  const error = await announceRelaunch(run, announcement(awaited), ports, signal);
  return error === undefined ? undefined : { kind: 'denied', error };
}

/**
 * Takes the launch turn first: what was verified must not become old in the launch bucket's queue.
 */
async function clearedOnce(
  awaited: AwaitedRelaunch,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Clearance | { readonly kind: 'unclear' }> {
  const { run, place } = awaited;
  const turn = await awaited.reserveTurn(signal);
  try {
    const clearance = await clearRelaunch(run, place, awaited.lookFrom(), ports, signal);
    if (clearance.kind !== 'clear') turn.giveBack();
    return clearance;
  } catch (error) {
    turn.giveBack();
    signal.throwIfAborted();
    run.log.debug('Could not verify that the flow run may be relaunched', {
      error: toError(error).message,
    });
    return { kind: 'unclear' };
  }
}

function announcement({ kind, reason, words, run }: AwaitedRelaunch): string {
  return kind === 'capacity'
    ? `Waiting for capacity: ${words ?? roomless(reason)} ` +
        `Launch ${run.attempt} follows when capacity frees up.`
    : `The ECS task did not start (${reason}). Launch ${run.attempt} follows.`;
}

/**
 * Searches for the run's tasks once more before giving up the run. As long as the search fails, the
 * run is not given up.
 */
async function lastLook(
  { run, place }: AwaitedRelaunch,
  unseen: UnseenTasks,
  signal: AbortSignal,
): Promise<Extract<AwaitedEnd, { kind: 'too-late' | 'alive' }> | { readonly kind: 'seen-again' }> {
  for (let looks = 1; ; looks += 1) {
    const living = await livingTask(run, place, 1, signal).catch(toError);
    if (living instanceof Error) {
      signal.throwIfAborted();
      await unseen.wait(living, signal);
      continue;
    }
    unseen.seen();
    if (living !== undefined) return { kind: 'alive', task: living };
    return { kind: looks === 1 ? 'too-late' : 'seen-again' };
  }
}

function skipped(reason: string): AwaitedEnd {
  return { kind: 'ended', outcome: { kind: 'skipped', reason } };
}
