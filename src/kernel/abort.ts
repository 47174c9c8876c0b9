import { setMaxListeners } from 'node:events';

/**
 * Not 0, Node's value for "unlimited": Node's own `getMaxListeners`, which undici calls, throws for
 * such a signal.
 */
const manyListeners = 1_000_000;

/** A controller without Node's 10-listener warning: thousands of listeners are expected here. */
export function sharedAbortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(manyListeners, controller.signal);
  return controller;
}

/**
 * Aborts once, like an AbortSignal, with a tenth of its memory. For objects that thousands of
 * running tasks hold. Code that needs a real signal links one to it.
 */
export class AbortFlag {
  #aborted: { readonly reason: unknown } | undefined;
  /** At most a handful. A list takes a third of a set's memory. */
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
    // One follower may end another's wait.
    for (const tell of this.#followers) if (this.#followers.includes(tell)) tell();
    this.#followers = [];
  }

  /** @internal For `whenAborted`, which checks first whether it has aborted. */
  follow(onAbort: () => void): () => void {
    this.#followers = [...this.#followers, onAbort];
    return () => {
      this.#followers = this.#followers.filter((follower) => follower !== onAbort);
    };
  }
}

export type AbortSource = AbortSignal | AbortFlag;

/** The followers of a signal, in the order in which they started. */
const followersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `onAbort` when `source` aborts, immediately if it already has. Returns a function that ends
 * the wait. Each caller must pass its own function.
 */
export function whenAborted(source: AbortSource, onAbort: () => void): () => void {
  if (source.aborted) {
    onAbort();
    return () => undefined;
  }
  return source instanceof AbortFlag ? source.follow(onAbort) : followSignal(source, onAbort);
}

/**
 * One listener for each signal, shared by all followers. An EventTarget walks all of its listeners
 * whenever one is added or removed, and ten thousand runs follow the worker's own signal.
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

/** Passes on the reason of the first parent that aborts. Returns a function that ends this. */
function followAll(parents: readonly AbortSource[], abort: (reason: unknown) => void): () => void {
  const detachers = parents.map((parent) => whenAborted(parent, () => abort(parent.reason)));
  return () => {
    for (const detach of detachers) detach();
  };
}

/**
 * A signal that follows `parents` until disposed. Dispose it on every path; otherwise a long-lived
 * signal collects followers.
 *
 * Not `AbortSignal.any`: on Node 20 its joined signals stay reachable from a living parent
 * (nodejs/node#54614, #55351).
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

/** Like `LinkedAbort`, with little memory, for as long as a task runs. */
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

/** Resolves when the signal aborts, for loops that only wait for their end. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void whenAborted(signal, resolve));
}
