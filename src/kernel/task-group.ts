import { linkAbort } from './abort.ts';
import { isDefect, toError } from './errors.ts';

export interface TaskGroup {
  /** Aborts when the parent does, when a child fails, or on `cancel`. */
  readonly signal: AbortSignal;
  /** Starts a child. The group does not end before it has. `name`: for whoever reads its error. */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  /**
   * Stops every child. A child that then rejects did as it was told: that is no failure, unless the
   * error is a mistake of ours.
   */
  cancel(reason: string): void;
}

/** Why a child was stopped; told apart from the failure that a caller must see. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

const places = new WeakMap<Error, string>();

/** The child in which an error was thrown, as `outer > inner`; undefined: in none. */
export function childOf(error: Error): string | undefined {
  return places.get(error);
}

function place(error: Error, name: string): Error {
  const inner = places.get(error);
  places.set(error, inner === undefined ? name : `${name} > ${inner}`);
  return error;
}

/**
 * Runs `body` and every child it spawns, and returns when all have ended. The first failure stops
 * the others and is thrown after the last of them is gone: nothing outlives its parent, and no
 * rejection is lost.
 */
export async function withTaskGroup<T>(
  parent: AbortSignal,
  body: (group: TaskGroup) => Promise<T>,
): Promise<T> {
  using link = linkAbort(parent);
  const children = new Set<Promise<void>>();
  let failure: { readonly error: Error } | undefined;
  const fail = (name: string, thrown: unknown): void => {
    const error = toError(thrown);
    if (link.signal.aborted && !isDefect(error)) return;
    failure ??= { error: place(error, name) };
    link.abort(failure.error);
  };
  const group: TaskGroup = {
    signal: link.signal,
    spawn: (name, work) => {
      const child = (async () => work(link.signal))().catch((error: unknown) => fail(name, error));
      children.add(child);
      void child.finally(() => children.delete(child));
    },
    cancel: (reason) => link.abort(new Cancelled(reason)),
  };
  let result: { readonly value: T } | undefined;
  try {
    result = { value: await body(group) };
  } catch (error) {
    failure ??= { error: toError(error) };
    link.abort(failure.error);
  }
  while (children.size > 0) await Promise.all(children);
  if (failure !== undefined) throw failure.error;
  if (result === undefined) throw new Error('a task group ended without result or failure');
  return result.value;
}
