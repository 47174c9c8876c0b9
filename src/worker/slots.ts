/** How many runs at once. A slot may be disposed of twice; it is returned once, and never takes back another's. */
export class Slots {
  readonly limit: number | undefined;
  readonly #taken = new Set<symbol>();
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
    const key = Symbol('slot');
    this.#taken.add(key);
    return {
      [Symbol.dispose]: () => {
        if (this.#taken.delete(key)) this.#onFree();
      },
    };
  }

  /** A slot beyond the limit, for a run whose task lives already: no new run is taken until there is a free one. */
  takeBeyond(): Disposable {
    return this.#take();
  }

  /** Called whenever a slot was returned. One listener: the poll, which had to pass runs over. */
  whenFreed(listener: () => void): void {
    this.#onFree = listener;
  }
}
