import { linkAbort } from './abort.ts';
import type { Clock } from './clock.ts';
import { WorkerError } from './errors.ts';
import { Cancelled } from './task-group.ts';

export class DeadlineError extends WorkerError {
  override readonly name = 'DeadlineError';
}

/** Created once: a stack for each call that ends in time would cost more than its timer. */
const inTime = new Cancelled('done in time');

/**
 * Runs `work`, whose signal aborts with a `DeadlineError` after `ms` milliseconds. The timer ends
 * with the work. The signal of finished work is never aborted: an HTTP client would then close a
 * reusable connection.
 */
export async function within<T>(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  lateMessage = `not done within ${ms / 1000} s`,
): Promise<T> {
  using limited = linkAbort(signal);
  const over = new AbortController();
  const timer = clock.sleep(ms, over.signal).then(
    () => limited.abort(new DeadlineError(lateMessage)),
    () => undefined,
  );
  try {
    return await work(limited.signal);
  } finally {
    over.abort(inTime);
    await timer;
  }
}
