import { sharedAbortController } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { Cancelled } from '../kernel/task-group.ts';
import type { StopSignals } from '../run/ports/stop-signals.ts';

/** How long claimed runs may take to launch once the drain has begun. */
const drainWithinMs = 25_000;

/**
 * The first signal drains. The second one, or 25 s, stops at once. `printLine` tells the user at
 * the terminal what the next signal will do.
 */
export function stopSignals(
  onStopSignal: (listener: (signal: string) => void) => Disposable,
  clock: Clock,
  printLine: (line: string) => void,
): StopSignals & Disposable {
  const drain = sharedAbortController();
  const stop = sharedAbortController();
  const over = sharedAbortController();
  const listening = onStopSignal((signal) => {
    if (drain.signal.aborted) {
      stop.abort(new Cancelled(`received ${signal} again`));
      return;
    }
    printLine(
      `Received ${signal}. Draining: running tasks continue; a second signal exits at once.`,
    );
    drain.abort(new Cancelled(`received ${signal}`));
    clock
      .sleep(drainWithinMs, over.signal)
      .then(() => stop.abort(new Cancelled('the drain took too long')))
      .catch(() => undefined); // ended before that
  });
  return {
    drain: drain.signal,
    stop: stop.signal,
    [Symbol.dispose]: () => {
      listening[Symbol.dispose]();
      over.abort(new Cancelled('ended'));
    },
  };
}
