import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { Capacity } from '../run/capacity.ts';
import { linkAbort } from '../kernel/abort.ts';
import { jitteredMs } from '../kernel/backoff.ts';
import { toError } from '../kernel/errors.ts';
import { Cancelled } from '../kernel/task-group.ts';
import type { PoolView } from './sync.ts';
import type { Slots } from './slots.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

const pollJitter = 0.3;

/** The most that one poll answers with (prefect-api.md 2.5): behind a full page others may be due. */
const runsPerPoll = 200;
/** Launches leave a full page at 20 to 40 a second: how far it is done is looked at so often. */
const fullPagePauseMs = 1_000;

/** Slots that come free together share one poll. */
const freedSlotsGatherMs = 250;

/** Starts a run in a slot of its own. */
export type StartRun = (flowRun: FlowRun, slot: Disposable) => void;

/** What decides which of the scheduled runs are started. */
export interface Room {
  readonly slots: Slots;
  /** Runs between their acceptance from a poll and RunTask's answer: the same run comes back on every poll until then. */
  readonly submitting: ReadonlySet<string>;
  readonly capacity: Pick<Capacity, 'passedOver'>;
}

/**
 * Asks once for scheduled runs and starts those for which there is a slot. Says whether runs may be waiting for one, or
 * behind those that were told of.
 * Source: prefect-api.md 2.5.
 */
export async function pollOnce(
  options: WorkerOptions,
  ports: WorkerPorts,
  view: PoolView,
  { slots, submitting, capacity }: Room,
  start: StartRun,
  signal: AbortSignal,
): Promise<'all-started' | 'some-wait' | 'more-follow'> {
  if (view.workPool === undefined || slots.isFull) return 'some-wait';
  const scheduledBefore = new Date(ports.clock.now().getTime() + Math.trunc(options.prefetchSeconds) * 1000);
  const scheduled = await ports.prefect.readScheduledFlowRuns(
    { workPoolName: options.workPoolName, workQueueNames: options.workQueueNames, scheduledBefore },
    signal,
  );
  const isPassedOver = capacity.passedOver();
  for (const { flowRun } of scheduled) {
    if (submitting.has(flowRun.id) || isPassedOver(flowRun.id)) continue;
    const slot = slots.tryTake();
    if (slot === undefined) return 'some-wait';
    start(flowRun, slot);
  }
  return scheduled.length >= runsPerPoll ? 'more-follow' : 'all-started';
}

/**
 * Polls until told to stop: every query interval, and at once when a slot comes free after runs had to wait for one.
 * No answer of Prefect ends it; trouble is said once, and its end too.
 */
export async function pollLoop(
  options: WorkerOptions,
  ports: WorkerPorts,
  view: PoolView,
  room: Room,
  start: StartRun,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let found: Awaited<ReturnType<typeof pollOnce>> = 'all-started';
    try {
      found = await pollOnce(options, ports, view, room, start, signal);
      if (failures > 0) ports.log.info('Polling for flow runs works again.');
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures === 1)
        ports.log.warning(`Polling for flow runs failed, will keep trying: ${toError(error).message}`);
      else ports.log.debug('Polling for flow runs failed', { failures, error: toError(error).message });
    }
    if (found === 'more-follow') await halfDone(options, ports, room, signal);
    else await pause(options, ports, found === 'some-wait' ? room.slots : undefined, signal);
  }
}

/** Waits until half of a full page is launched: what is not comes back with the next, to be read and left alone. */
async function halfDone(
  { querySeconds }: WorkerOptions,
  { clock }: WorkerPorts,
  { submitting }: Room,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.monotonicMs() + querySeconds * 1000;
  do await clock.sleep(fullPagePauseMs, signal);
  while (submitting.size > runsPerPoll / 2 && clock.monotonicMs() < untilMs);
}

/** Waits a query interval, or until one of `awaited` comes free and those that end with it had a moment to follow. */
async function pause(
  options: WorkerOptions,
  ports: WorkerPorts,
  awaited: Slots | undefined,
  signal: AbortSignal,
): Promise<void> {
  using nap = linkAbort(signal);
  awaited?.whenFreed(() => nap.abort(new Cancelled('a slot came free')));
  try {
    await ports.clock.sleep(jitteredMs(options.querySeconds * 1000, pollJitter, ports.random), nap.signal);
  } catch {
    signal.throwIfAborted();
    await ports.clock.sleep(freedSlotsGatherMs, signal);
  } finally {
    awaited?.whenFreed(() => undefined);
  }
}
