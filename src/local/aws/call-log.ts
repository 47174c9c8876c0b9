/** One finished call, for tests that compare whole runs. */
export interface LoggedCall {
  readonly atMs: number;
  readonly account: string;
  readonly region: string;
  /** For example `ecs:RunTask`. */
  readonly operation: string;
  readonly input: unknown;
  /** Undefined: the client received no answer. */
  readonly answer: { readonly status: number; readonly body: string } | undefined;
}

/** Keeps the latest calls, up to a limit, and counts every call by operation. */
export class CallLog {
  readonly #most: number;
  readonly #counts = new Map<string, number>();
  #calls: LoggedCall[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get isKept(): boolean {
    return this.#most > 0;
  }

  count(operation: string): void {
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
  }

  add(call: LoggedCall): void {
    this.#calls.push(call);
    // Trimmed at twice the limit, so that a call does not cost a copy of the whole log.
    if (this.#calls.length >= 2 * this.#most) this.#calls = this.#calls.slice(-this.#most);
  }

  get calls(): readonly LoggedCall[] {
    return this.#calls.slice(-this.#most);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
