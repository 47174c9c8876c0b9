import { setMaxListeners } from 'node:events';

/** Not 0, Node's word for "any number": its own `getMaxListeners` throws for such a signal, and undici asks it. */
const manyListeners = 1_000_000;

/** A controller whose signal thousands may listen to: Node takes eleven listeners for a leak, here they are the work. */
export function sharedAbortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(manyListeners, controller.signal);
  return controller;
}

export interface LinkedAbort extends Disposable {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

/**
 * A signal that follows `parents` until disposed of. Dispose on every path, or a daemon's signal collects listeners.
 *
 * Not `AbortSignal.any`: on Node 20 joins stay reachable from a living parent (nodejs/node#54614, #55351).
 */
export function linkAbort(...parents: readonly AbortSignal[]): LinkedAbort {
  const own = sharedAbortController();
  const detachers: (() => void)[] = [];
  for (const parent of parents) {
    const follow = (): void => own.abort(parent.reason);
    if (parent.aborted) {
      follow();
      continue;
    }
    parent.addEventListener('abort', follow, { once: true });
    detachers.push(() => parent.removeEventListener('abort', follow));
  }
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    [Symbol.dispose]: () => {
      for (const detach of detachers) detach();
    },
  };
}

/** Resolves when the signal aborts; for loops that have nothing to do but to wait for their end. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
