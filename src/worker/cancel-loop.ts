import { jitteredMs } from '../kernel/backoff.ts';
import { toError } from '../kernel/errors.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { WorkerOptions } from './worker-ports.ts';

const pollJitter = 0.3;

/** One filter call answers at most this many (prefect-api.md 9). */
const runsPerCall = 200;

/**
 * Asks which of the runs in hand are being cancelled, and tells those who follow them (prefect-api.md 3). `isNeeded` is
 * false while events tell it sooner. No answer ends the loop.
 */
export async function cancelLoop(
  options: WorkerOptions,
  ports: RunPorts,
  isNeeded: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await ports.clock.sleep(
      jitteredMs(options.cancellationPollSeconds * 1000, pollJitter, ports.random),
      signal,
    );
    if (!isNeeded()) continue;
    try {
      await lookForCancelled(ports, signal);
    } catch (error) {
      signal.throwIfAborted();
      ports.workerLog.debug('Looking for cancelled flow runs failed', { error: toError(error).message });
    }
  }
}

async function lookForCancelled(ports: RunPorts, signal: AbortSignal): Promise<void> {
  const { active, prefect } = ports;
  const ids = active.flowRunIds;
  for (let at = 0; at < ids.length; at += runsPerCall) {
    const asked = { ids: ids.slice(at, at + runsPerCall), stateTypes: ['CANCELLING', 'CANCELLED'] };
    for (const flowRun of await prefect.filterFlowRuns(asked, signal)) active.askToCancel(flowRun.id);
  }
}
