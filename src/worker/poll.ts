import { recordsPerPage } from '../core/prefect/page.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { Breaker } from '../run/shared/breaker.ts';
import type { Capacity } from '../run/shared/capacity-queue.ts';
import { linkAbort } from '../kernel/abort.ts';
import { jitteredMs } from '../kernel/backoff.ts';
import { toError } from '../kernel/errors.ts';
import { Outage, usualPace } from '../kernel/outage.ts';
import { Cancelled } from '../kernel/task-group.ts';
import { hiddenRuns, offeredRuns, type DuePage } from './due-runs.ts';
import type { PoolView } from './sync.ts';
import type { Slots } from './slots.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

const pollJitter = 0.3;

/** How often to check progress through a full page (launches run at 20 to 40 a second). */
const fullPagePauseMs = 1_000;

/** Slots that come free within this time share one poll. */
const freedSlotsGatherMs = 250;

/** Starts a run in the given slot. */
export type StartRun = (flowRun: FlowRun, slot: Disposable) => void;

/** What decides which scheduled runs are started. */
export interface Room {
  readonly slots: Slots;
  /** Runs between a poll's offer and RunTask's answer: until then, each poll offers them again. */
  readonly submitting: ReadonlySet<string>;
  readonly capacity: Pick<Capacity, 'passedOver'>;
  readonly breaker: Pick<Breaker, 'passedOver'>;
}

/** The pool to poll, and how to start the runs that it offers. */
export interface PolledPool {
  readonly view: PoolView;
  readonly room: Room;
  readonly start: StartRun;
}

/**
 * Polls once and starts the runs for which there is a slot. If all offered runs are held back,
 * looks for others behind them. Returns whether runs may be waiting for a slot, or more runs follow
 * a full page.
 */
export async function pollOnce(
  options: WorkerOptions,
  { prefect, clock }: WorkerPorts,
  { view, room, start }: PolledPool,
  signal: AbortSignal,
): Promise<'all-started' | 'some-wait' | 'more-follow'> {
  if (view.workPool === undefined || room.slots.isFull) return 'some-wait';
  if (view.isForeign) return 'all-started';
  const { workPoolName, workQueueNames, prefetchSeconds } = options;
  const scheduledBefore = new Date(clock.now().getTime() + Math.trunc(prefetchSeconds) * 1000);
  const due = { workPoolName, workQueueNames, scheduledBefore };
  const isHeldBack = room.breaker.passedOver();
  const hasNoRoom = room.capacity.passedOver();
  const isPassedOver = (flowRunId: string): boolean =>
    isHeldBack(flowRunId) || hasNoRoom(flowRunId);
  const offer = await offeredRuns(due, prefect, signal);
  const claimable = startClaimable(offer, room, isPassedOver, start);
  if (claimable !== 'held-back') return afterPage(offer, claimable) ?? 'all-started';
  for await (const page of hiddenRuns(due, prefect, signal)) {
    const after = afterPage(page, startClaimable(page, room, isPassedOver, start));
    if (after !== undefined) return after;
  }
  return 'all-started';
}

type Claimable = 'some' | 'held-back' | 'no-slot';

/**
 * Starts the runs that may start. `held-back`: the page has runs, and none of them may start now.
 */
function startClaimable(
  { runs: page }: DuePage,
  { slots, submitting }: Room,
  isPassedOver: (flowRunId: string) => boolean,
  start: StartRun,
): Claimable {
  let heldBack = 0;
  for (const flowRun of page) {
    if (submitting.has(flowRun.id)) continue;
    if (isPassedOver(flowRun.id)) {
      heldBack += 1;
      continue;
    }
    const slot = slots.tryTake();
    if (slot === undefined) return 'no-slot';
    start(flowRun, slot);
  }
  return page.length > 0 && heldBack === page.length ? 'held-back' : 'some';
}

/** The result, if a page decides it; undefined: look further. */
function afterPage(
  { isFull }: DuePage,
  claimable: Claimable,
): 'some-wait' | 'more-follow' | undefined {
  if (claimable === 'no-slot') return 'some-wait';
  return claimable === 'some' && isFull ? 'more-follow' : undefined;
}

/**
 * Polls until the signal: every query interval, and at once when a slot comes free that runs had to
 * wait for. No answer of Prefect ends the loop.
 */
export async function pollLoop(
  options: WorkerOptions,
  ports: WorkerPorts,
  pool: PolledPool,
  signal: AbortSignal,
): Promise<void> {
  const { room } = pool;
  const { clock, denials } = ports;
  const outage = new Outage({ what: 'Polling for flow runs', calls: 'polls' }, ports);
  while (!signal.aborted) {
    let found: Awaited<ReturnType<typeof pollOnce>> = 'all-started';
    const begunMs = clock.monotonicMs();
    try {
      found = await pollOnce(options, ports, pool, signal);
      outage.succeeded();
      denials.answered('polls');
    } catch (error) {
      signal.throwIfAborted();
      outage.failed(toError(error), usualPace, begunMs);
      denials.failed('polls', toError(error));
    }
    if (found === 'more-follow') await halfDone(options, ports, room, signal);
    else await pause(options, ports, found === 'some-wait' ? room.slots : undefined, signal);
  }
}

/**
 * Waits until half of a full page is launched. Runs not yet launched reappear on the next page and
 * are skipped.
 */
async function halfDone(
  { querySeconds }: WorkerOptions,
  { clock }: WorkerPorts,
  { submitting }: Room,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.monotonicMs() + querySeconds * 1000;
  do await clock.sleep(fullPagePauseMs, signal);
  while (submitting.size > recordsPerPage / 2 && clock.monotonicMs() < untilMs);
}

/**
 * Waits one query interval, or until one of `awaited` comes free. Then waits a moment longer, for
 * the slots that come free together with it.
 */
async function pause(
  options: WorkerOptions,
  ports: WorkerPorts,
  awaited: Slots | undefined,
  signal: AbortSignal,
): Promise<void> {
  using nap = linkAbort(signal);
  awaited?.whenFreed(() => nap.abort(new Cancelled('a slot came free')));
  try {
    await ports.clock.sleep(
      jitteredMs(options.querySeconds * 1000, pollJitter, ports.random),
      nap.signal,
    );
  } catch {
    signal.throwIfAborted();
    await ports.clock.sleep(freedSlotsGatherMs, signal);
  } finally {
    awaited?.whenFreed(() => undefined);
  }
}
