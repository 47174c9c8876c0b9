import { AbortFlag, linkAbort, type AbortSource } from '../../kernel/abort.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import type { RunContext } from '../run-context.ts';

/** What ends the wait between two launches early. */
export type Interrupted =
  | { readonly kind: 'let-go' }
  | { readonly kind: 'too-late' }
  | { readonly kind: 'lease-lost' }
  | { readonly kind: 'cancel-asked' };

export interface Interrupters {
  readonly deadlineMs: number;
  /** Aborts when the run has lost its deployment concurrency slot. */
  readonly leaseLost: AbortSource | undefined;
}

/**
 * The result of `find`, unless something ends the wait first: the drain, another follower, the
 * deadline or a cancellation.
 */
export async function untilFound<T>(
  { deadlineMs, leaseLost }: Interrupters,
  { active, ports, signals }: Pick<RunContext, 'active' | 'ports' | 'signals'>,
  find: (signal: AbortSignal) => Promise<T>,
): Promise<T | Interrupted> {
  const cancelAsked = new AbortFlag();
  const unlisten = active.cancelled.listen(() =>
    cancelAsked.abort(new Cancelled('perhaps cancelled')),
  );
  const enders = leaseLost === undefined ? [cancelAsked] : [cancelAsked, leaseLost];
  using waiting = linkAbort(signals.drain, signals.stop, active.letGo, ...enders);
  const leftMs = deadlineMs - ports.clock.monotonicMs();
  let isTooLate = leftMs <= 0;
  if (isTooLate) {
    unlisten();
    return { kind: 'too-late' };
  }
  const limit = ports.clock.sleep(leftMs, waiting.signal).then(
    () => {
      isTooLate = true;
      waiting.abort(new Cancelled('it has waited long enough'));
    },
    () => undefined,
  );
  try {
    return await find(waiting.signal);
  } catch (error) {
    if (!waiting.signal.aborted) throw error;
    if (signals.drain.aborted || signals.stop.aborted || active.letGo.aborted)
      return { kind: 'let-go' };
    if (isTooLate) return { kind: 'too-late' };
    return leaseLost?.aborted === true ? { kind: 'lease-lost' } : { kind: 'cancel-asked' };
  } finally {
    unlisten();
    waiting.abort(new Cancelled('the wait is over'));
    await limit;
  }
}
