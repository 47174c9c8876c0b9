import { linkAbort } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { WorkerError } from '../kernel/errors.ts';
import { Cancelled } from '../kernel/task-group.ts';

export class DeadlineError extends WorkerError {
  override readonly name = 'DeadlineError';

  constructor(ms: number) {
    super(`not done within ${ms / 1000} s`);
  }
}

/** Runs `work`, whose signal aborts with a `DeadlineError` after `ms` milliseconds. No timer outlives it. */
export async function within<T>(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using limited = linkAbort(signal);
  using over = linkAbort(signal);
  const timer = clock.sleep(ms, over.signal).then(
    () => limited.abort(new DeadlineError(ms)),
    () => undefined,
  );
  try {
    return await work(limited.signal);
  } finally {
    over.abort(new Cancelled('done'));
    await timer;
  }
}
