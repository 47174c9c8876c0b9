import { setMaxListeners } from 'node:events';

/**
 * Not 0, Node's word for "any number": its own `getMaxListeners` throws for such a signal, and
 * undici asks it.
 */
const manyListeners = 1_000_000;

/**
 * A controller whose signal thousands may listen to: Node takes eleven listeners for a leak, here
 * they are the work.
 */
export function sharedAbortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(manyListeners, controller.signal);
  return controller;
}

/**
 * Aborts once, as an AbortSignal does, for a tenth of its memory: each of Node's has a shape of its
 * own. For what thousands of tasks hold while they run; whoever calls something with a signal links
 * one to it.
 */
export class AbortFlag {
  #aborted: { readonly reason: unknown } | undefined;
  /** A handful at most: a list is a third of a set. */
  #followers: readonly (() => void)[] = [];

  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  get reason(): unknown {
    return this.#aborted?.reason;
  }

  abort(reason: unknown): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = { reason };
    // one may end another's wait
    for (const tell of this.#followers) if (this.#followers.includes(tell)) tell();
    this.#followers = [];
  }

  /** @internal For `whenAborted`, which looks before it asks. */
  follow(onAbort: () => void): () => void {
    this.#followers = [...this.#followers, onAbort];
    return () => {
      this.#followers = this.#followers.filter((follower) => follower !== onAbort);
    };
  }
}

export type AbortSource = AbortSignal | AbortFlag;

/** What follows a signal, in the order in which it began to. */
const followersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `onAbort` when `source` aborts, at once where it has. Returns what ends the wait; each
 * waits with a function of its own.
 */
export function whenAborted(source: AbortSource, onAbort: () => void): () => void {
  if (source.aborted) {
    onAbort();
    return () => undefined;
  }
  return source instanceof AbortFlag ? source.follow(onAbort) : followSignal(source, onAbort);
}

/**
 * One listener a signal, whoever follows it: an EventTarget walks through all of its listeners for
 * each that comes or goes, and ten thousand runs follow the worker's own.
 */
function followSignal(signal: AbortSignal, onAbort: () => void): () => void {
  const known = followersOf.get(signal);
  const followers = known ?? new Set();
  followers.add(onAbort);
  if (known === undefined) {
    followersOf.set(signal, followers);
    signal.addEventListener('abort', () => followers.forEach((tell) => tell()), { once: true });
  }
  return () => followers.delete(onAbort);
}

/** Passes on the reason of whichever of `parents` aborts. Returns what ends it. */
function followAll(parents: readonly AbortSource[], abort: (reason: unknown) => void): () => void {
  const detachers = parents.map((parent) => whenAborted(parent, () => abort(parent.reason)));
  return () => {
    for (const detach of detachers) detach();
  };
}

/**
 * A signal that follows `parents` until disposed of. Dispose on every path, or a daemon's signal
 * collects followers.
 *
 * Not `AbortSignal.any`: on Node 20 joins stay reachable from a living parent (nodejs/node#54614,
 * #55351).
 */
export class LinkedAbort implements Disposable {
  readonly #own = sharedAbortController();
  readonly #detach: () => void;

  constructor(...parents: readonly AbortSource[]) {
    this.#detach = followAll(parents, (reason) => this.abort(reason));
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  abort(reason?: unknown): void {
    this.#own.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#detach();
  }
}

export function linkAbort(...parents: readonly AbortSource[]): LinkedAbort {
  return new LinkedAbort(...parents);
}

/** As `LinkedAbort`, for as long as a task runs. */
export class LinkedFlag extends AbortFlag implements Disposable {
  readonly #detach: () => void;

  constructor(...parents: readonly AbortSource[]) {
    super();
    this.#detach = followAll(parents, (reason) => this.abort(reason));
  }

  [Symbol.dispose](): void {
    this.#detach();
  }
}

/** Resolves when the signal aborts; for loops that have nothing to do but to wait for their end. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void whenAborted(signal, resolve));
}
