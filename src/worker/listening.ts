import { linkAbort } from '../kernel/abort.ts';
import { Cancelled } from '../kernel/task-group.ts';
import { handleCleanupDelivery } from '../run/adopt/cleanup-delivery.ts';
import type { RunPorts } from '../run/run-context.ts';
import { TaskEvents } from '../supervise/events/task-events.ts';
import type { EventReliability } from '../supervise/queue/event-reliability.ts';
import { observeTasks } from '../supervise/queue/observer.ts';
import type { Supervisor } from '../supervise/tasks/supervisor.ts';
import type { HeardCancellations } from './heard-cancellations.ts';
import type { PeerWatch } from './peer-watch.ts';
import { poolOfSnapshot, type PoolView } from './sync.ts';
import type { TaskEventSource, WorkerOptions, WorkerPorts } from './worker-ports.ts';

/** Runs the worker channel once the pool is known: before that, the server may not be up at all. */
export async function listen(
  ports: WorkerPorts,
  view: PoolView,
  { runPorts, watch }: { readonly runPorts: RunPorts; readonly watch: PeerWatch },
  signal: AbortSignal,
): Promise<void> {
  await view.known(signal);
  await ports.sockets.runChannel(
    {
      onSnapshot: (workPool) => view.update(poolOfSnapshot(workPool)),
      onWorkerId: (id) => view.identify(id),
      handleCleanup: (request, handled) => handleCleanupDelivery(request, runPorts, handled),
      heartbeats: {
        around: (send, alive) =>
          watch.beat(() => {
            send();
            return Promise.resolve('unanswered');
          }, alive),
        unseen: () => watch.beatUnseen(),
      },
    },
    signal,
  );
}

/** Passes on cancellations as soon as they are requested. */
export async function heedCancelling(
  ports: WorkerPorts,
  view: PoolView,
  { runPorts, orphans }: { readonly runPorts: RunPorts; readonly orphans: HeardCancellations },
  signal: AbortSignal,
): Promise<void> {
  await view.known(signal);
  for (;;) {
    using watching = linkAbort(signal);
    const id = view.workPool?.id ?? '';
    const unlisten = view.whenPoolChanges(() =>
      watching.abort(new Cancelled('the work pool was recreated')),
    );
    const heed = (flowRunId: string): void => {
      if (runPorts.active.has(flowRunId)) runPorts.active.askToCancel(flowRunId);
      else orphans.heard(flowRunId);
    };
    await ports.sockets.watchCancelling(id, heed, watching.signal);
    unlisten();
    signal.throwIfAborted();
  }
}

/**
 * Receives task events beside the sweep. Either source alone reports every change to the
 * supervisor.
 */
export function observe(
  options: WorkerOptions,
  ports: WorkerPorts,
  runPorts: RunPorts,
  events: TaskEventSource & {
    readonly supervisor: Supervisor;
    readonly reliability: EventReliability;
  },
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
    {
      clock,
      log,
      queues,
      reliability,
      handle: (message, handled) => handler.handle(message, handled),
    },
    signal,
  );
}
