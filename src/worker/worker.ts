import type { FlowRun } from '../core/prefect/flow-run.ts';
import { aborted, linkAbort } from '../kernel/abort.ts';
import { within } from '../kernel/deadline.ts';
import { toError } from '../kernel/errors.ts';
import { withTaskGroup, type TaskGroup, Cancelled } from '../kernel/task-group.ts';
import { adoptRun, type Orphan } from '../run/adopt/adopt.ts';
import { handleCleanupDelivery } from '../run/adopt/cleanup-delivery.ts';
import { runFlowRun } from '../run/pipeline.ts';
import type { RunPorts } from '../run/run-context.ts';
import { EventReliability } from '../supervise/queue/event-reliability.ts';
import { observeTasks } from '../supervise/queue/observer.ts';
import type { Supervisor } from '../supervise/tasks/supervisor.ts';
import { TaskEvents } from '../supervise/events/task-events.ts';
import { Adoption } from './adoption.ts';
import { runPortsFor } from './run-ports.ts';
import { safetyLoop } from './safety-loop.ts';
import { Peers } from './peers.ts';
import { pollLoop, pollOnce } from './poll.ts';
import { Slots } from './slots.ts';
import { PoolView, poolOfSnapshot, syncAtStart, syncLoop, syncOnce } from './sync.ts';
import type { TaskEventSource, WorkerOptions, WorkerPorts } from './worker-ports.ts';
import type { StopSignals } from '../run/ports/stop-signals.ts';
import type { ReadLane } from '../run/states/looks.ts';

/**
 * Runs a worker until it is drained. States: syncing (once), working (poll, sync, supervise), draining (nothing new;
 * claimed runs are brought to their launch; running tasks are let go), stopped.
 *
 * Rejects only when the first sync is refused, or when something is broken that no waiting mends.
 */
export async function runWorker(
  options: WorkerOptions,
  ports: WorkerPorts,
  signals: StopSignals,
): Promise<void> {
  const view = new PoolView();
  await syncAtStart(options, ports, view, signals.drain);
  ports.log.info(`Worker '${options.name}' started!`);
  try {
    await withTaskGroup(signals.stop, (group) => work(options, ports, view, signals, group));
  } catch (error) {
    if (!signals.stop.aborted) throw error;
  }
  await signOff(options, ports, view);
  ports.log.info(`Worker '${options.name}' stopped!`);
}

async function work(
  options: WorkerOptions,
  ports: WorkerPorts,
  view: PoolView,
  signals: StopSignals,
  group: TaskGroup,
): Promise<void> {
  const slots = new Slots(options.limit);
  const peers = new Peers();
  const submitting = new Set<string>();
  const reliability = new EventReliability(ports.clock);
  const takeUp = { again: (): void => undefined };
  const { runPorts, supervisor } = runPortsFor(options, ports, view, { reliability, takeUp }, group);
  if (ports.taskEvents !== undefined) {
    const events = { ...ports.taskEvents, supervisor, reliability };
    // Beyond the drain, until every run was handed over: an event tells its end to whoever may hear it.
    group.spawn('task events', (signal) => observe(options, ports, runPorts, events, signal));
  }
  const { capacity } = runPorts;
  await withTaskGroup(group.signal, async (runs) => {
    const start = (flowRun: FlowRun, slot: Disposable): void => {
      submitting.add(flowRun.id);
      runs.spawn(flowRun.name, async (signal) => {
        const submitted = (): void => void submitting.delete(flowRun.id);
        const ending = { drain: signals.drain, stop: signal };
        await runFlowRun({ flowRun, slot, ports: runPorts, signals: ending, submitted });
        submitted();
      });
    };
    const pool = { view, room: { slots, submitting, capacity }, start };
    const adopt = (orphan: Orphan, lane: ReadLane): Promise<void> =>
      new Promise((resolve) => {
        runs.spawn(`adopt ${orphan.flowRun.id}`, async (signal) => {
          const ending = { drain: signals.drain, stop: signal };
          const taking = { takeSlot: () => slots.takeBeyond(), tryTakeSlot: () => slots.tryTake() };
          await adoptRun(orphan, {
            ...taking,
            lane,
            ports: runPorts,
            signals: ending,
            submitted: () => undefined,
          }).finally(resolve);
        });
      });
    const adoption = new Adoption(options, runPorts, peers, adopt, group.signal);
    takeUp.again = () => adoption.takeUpAgain();
    group.spawn('leases', (signal) => runPorts.leases.run(signal));
    group.spawn('late checks', (signal) => runPorts.lateChecks.run(signal));
    if (options.runOnce) {
      await syncOnce(options, ports, view, signals.drain);
      await pollOnce(options, ports, pool, signals.drain);
      return;
    }
    await untilDrained(signals, async (loops) => {
      loops.spawn('sync', (signal) =>
        syncLoop(options, ports, view, { peers, onSomebodyLeft: () => adoption.hurry() }, signal),
      );
      loops.spawn('adoption', async (signal) => {
        await view.known(signal);
        await adoption.run(signal);
      });
      loops.spawn('channel', (signal) => listen(ports, view, runPorts, signal));
      const isTold = (): boolean => ports.sockets.isToldOfCancelling();
      loops.spawn('safety look', (signal) => safetyLoop(options, runPorts, isTold, signal));
      if (options.enableCancellation) {
        loops.spawn('cancelling events', (signal) => heedCancelling(ports, view, runPorts, signal));
      }
      loops.spawn('poll', async (signal) => {
        await firstOf(adoption.begun, signal);
        await pollLoop(options, ports, pool, signal);
      });
    });
  }); // back when every run has ended or was handed over
  group.cancel('no run is left'); // and with them the sweeps
}

async function firstOf(event: Promise<void>, signal: AbortSignal): Promise<void> {
  await Promise.race([event, aborted(signal)]);
  signal.throwIfAborted();
}

/** The worker channel, from when the pool is known: before that the server may not be there at all. */
async function listen(
  ports: WorkerPorts,
  view: PoolView,
  runPorts: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  await view.known(signal);
  await ports.sockets.runChannel(
    {
      onSnapshot: (workPool) => view.update(poolOfSnapshot(workPool)),
      onWorkerId: (id) => view.identify(id),
      handleCleanup: (request, handled) => handleCleanupDelivery(request, runPorts, handled),
    },
    signal,
  );
}

/** Cancellations, as soon as they are asked for. */
async function heedCancelling(
  ports: WorkerPorts,
  view: PoolView,
  runPorts: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  await view.known(signal);
  for (;;) {
    using watching = linkAbort(signal);
    const id = view.workPool?.id ?? '';
    const unlisten = view.whenPoolChanges(() => watching.abort(new Cancelled('the pool was made again')));
    const heed = (flowRunId: string): void => runPorts.active.askToCancel(flowRunId);
    await ports.sockets.watchCancelling(id, heed, watching.signal);
    unlisten();
    signal.throwIfAborted();
  }
}

/** Runs loops until the drain begins; that they were told to stop is no failure. */
async function untilDrained(signals: StopSignals, body: (loops: TaskGroup) => Promise<void>): Promise<void> {
  using draining = linkAbort(signals.drain);
  try {
    await withTaskGroup(draining.signal, body);
  } catch (error) {
    if (!signals.drain.aborted) throw error;
  }
}

/** Task events, beside the sweep: either tells the supervisor of every change. */
function observe(
  options: WorkerOptions,
  ports: WorkerPorts,
  runPorts: RunPorts,
  events: TaskEventSource & { readonly supervisor: Supervisor; readonly reliability: EventReliability },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = ports;
  const handler = new TaskEvents({
    ...runPorts,
    log,
    supervisor: events.supervisor,
    reliability: events.reliability,
    emit: ports.emit,
    cancels: options.enableCancellation,
  });
  const { queues, reliability } = events;
  return observeTasks(
    { clock, log, queues, reliability, handle: (message, handled) => handler.handle(message, handled) },
    signal,
  );
}

const signOffWithinMs = 1_000;

/** A drained worker's record is deleted, so that its runs are adopted at once (prefect-api.md 2.12). */
async function signOff(options: WorkerOptions, ports: WorkerPorts, view: PoolView): Promise<void> {
  if (view.workPool === undefined) return;
  const never = new AbortController().signal;
  try {
    await within(signOffWithinMs, ports.clock, never, (signal) =>
      ports.prefect.deleteWorker(options.workPoolName, options.name, signal),
    );
  } catch (error) {
    ports.log.debug('Could not sign off', { error: toError(error).message });
  }
}
