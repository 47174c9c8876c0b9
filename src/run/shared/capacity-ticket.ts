/**
 * A run's place among those that compete for the same capacity: from before its claim until its
 * task is placed or given up. Must be disposed of on every path: a leaked place counts as waiting
 * for ever.
 */
export interface CapacityTicket extends Disposable {
  /**
   * Asked directly before the claim. False: this capacity has turned out to be full, and enough
   * runs wait. Polls then pass the run over until there is a place.
   */
  mayClaim(): boolean;
  /** ECS had no capacity: the run waits from now on. */
  refused(): void;
  /** Waits until another launch is worth a call. Rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
  /**
   * For an adopted claim: waits for a turn, in the order in which claims began to wait. A claim
   * that has waited (`hasWaited`) shows that the capacity was full, so one run of the queue tries
   * first instead of all at once.
   */
  rejoin(
    claim: { readonly sinceMs: number; readonly hasWaited: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  /** ECS accepted the launch. */
  placed(): void;
}

export interface Waiter {
  /** When it began to wait; Infinity: it joins at the end. */
  readonly sinceMs: number;
  wake: () => void;
}

export interface Queue {
  readonly key: string;
  /**
   * Failed rounds of launches since the last accepted one; 0: there is capacity, as far as is
   * known.
   */
  failures: number;
  /** No run tries before this time. */
  nextTryMs: number;
  /**
   * How many may try at once: one while the capacity is full, twice as many after each accepted
   * launch.
   */
  atOnce: number;
  trying: number;
  /**
   * Waiting runs in their order. A refused run joins at the end again, since it may be the one that
   * does not fit.
   */
  readonly line: Waiter[];
  /** Runs that polls pass over. */
  readonly heldBack: Set<string>;
  places: number;
}

/** The first in line may find that it need not wait any longer. */
export function wakeNext(queue: Queue): void {
  queue.line[0]?.wake();
}
