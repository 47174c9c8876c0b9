export interface CallRecord {
  /** Milliseconds since 1970, by the injected clock. */
  readonly atMs: number;
  /** `POST /flow_runs/{id}/set_state`. */
  readonly operation: string;
  readonly path: string;
  /** Undefined: the connection was reset, or there was no answer. */
  readonly status: number | undefined;
  /** Only with `recordBodies`. */
  readonly request?: string;
  readonly answer?: string;
}

const keptCalls = 20_000;

/** Requests and answers: counts of all calls, and the latest ones in full. */
export class CallLog {
  readonly #counts = new Map<string, number>();
  #calls: CallRecord[] = [];

  count(operation: string): void {
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
  }

  add(call: CallRecord): void {
    this.#calls.push(call);
    if (this.#calls.length > keptCalls * 2) this.#calls = this.#calls.slice(-keptCalls);
  }

  get calls(): readonly CallRecord[] {
    return this.#calls;
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
