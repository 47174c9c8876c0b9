import { within } from '../kernel/deadline.ts';
import { toError } from '../kernel/errors.ts';
import type { PoolView } from './sync.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

const signOffWithinMs = 1_000;

/**
 * Deletes the record of a drained worker, so that its runs are adopted at once and not only after
 * its heartbeat has expired (prefect-api.md 2.12).
 */
export async function signOff(
  options: WorkerOptions,
  ports: WorkerPorts,
  view: PoolView,
): Promise<void> {
  if (view.workPool === undefined) return;
  const never = new AbortController().signal;
  try {
    await within(signOffWithinMs, ports.clock, never, (signal) =>
      ports.prefect.deleteWorker(options.workPoolName, options.name, signal),
    );
  } catch (error) {
    ports.log.debug("Could not delete the worker's record", { error: toError(error).message });
  }
}
