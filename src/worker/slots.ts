/** Held for as long as a run's task lives: a class without closures. */
class Slot implements Disposable {
  readonly #slots: Slots;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  [Symbol.dispose](): void {
    this.#slots.giveBack(this);
  }
}

/**
 * How many runs may be active at once. Disposing of a slot twice returns it once: otherwise a
 * second disposal would return another run's slot and exceed the limit.
 */
export class Slots {
  readonly limit: number | undefined;
  readonly #taken = new Set<Disposable>();
  #onFree: () => void = () => undefined;

  /** `limit` undefined: no bound. */
  constructor(limit: number | undefined) {
    this.limit = limit;
  }

  get taken(): number {
    return this.#taken.size;
  }

  get isFull(): boolean {
    return this.limit !== undefined && this.#taken.size >= this.limit;
  }

  tryTake(): Disposable | undefined {
    return this.isFull ? undefined : this.#take();
  }

  #take(): Disposable {
    const slot = new Slot(this);
    this.#taken.add(slot);
    return slot;
  }

  /** @internal */
  giveBack(slot: Disposable): void {
    if (this.#taken.delete(slot)) this.#onFree();
  }

  /**
   * A slot beyond the limit, for a run whose task already lives. No new run starts until the count
   * is below the limit again.
   */
  takeBeyond(): Disposable {
    return this.#take();
  }

  /**
   * Calls back whenever a slot was returned. One listener: the poll, which had to pass runs over.
   */
  whenFreed(listener: () => void): void {
    this.#onFree = listener;
  }
}
