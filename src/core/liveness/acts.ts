import type { Owner } from '../claim/claim-record.ts';

/** A process that nothing else can judge is dead after so long without an act (worker.md D3). */
const firstSpanMs = 10 * 60_000;
/**
 * The longest span. It doubles each time such a process takes a run back: otherwise two live
 * replicas would take runs from each other all day.
 */
const longestSpanMs = 160 * 60_000;
/** If two listings of runs are further apart, the time between them is unknown. */
const longestGapMs = 5 * 60_000;
const forgottenAfterMs = 3_600_000;

const keyOf = ({ workerName, processId }: Owner): string => `${processId} ${workerName}`;

interface Acting {
  readonly owner: Owner;
  /** Time of the listing before the one with its last act, or of that one if it was our first. */
  readonly actedAfterMs: number;
  /** The same, for an act that an earlier listing did not have. */
  readonly evidenceMs: number | undefined;
  readonly spanMs: number;
  /** Time of the last listing that named it. */
  readonly namedAtMs: number;
}

/**
 * Evidence from runs about processes that have no visible heartbeats. An act is a claim or label
 * that was not in the previous listing. Times are this process's own.
 */
export class Acts {
  readonly #processes = new Map<string, Acting>();
  #before: ReadonlySet<string> = new Set();
  #now = new Set<string>();
  #beforeAtMs: number | undefined;
  #nowAtMs = 0;
  /** Runs that this process adopted, and their previous owners. */
  readonly #taken = new Map<string, string>();

  beginListing(nowMs: number): void {
    this.#now = new Set();
    this.#nowAtMs = nowMs;
    if (this.#beforeAtMs === undefined || nowMs - this.#beforeAtMs <= longestGapMs) return;
    for (const [process, acting] of this.#processes)
      this.#processes.set(process, {
        ...acting,
        actedAfterMs: Math.max(acting.actedAfterMs, nowMs),
      });
  }

  /** A run names a process in its claim or label. */
  saw(flowRunId: string, claim: string, owner: Owner): void {
    const process = keyOf(owner);
    const act = `${flowRunId} ${claim} ${process}`;
    this.#now.add(act);
    const known = this.#processes.get(process);
    const isTakenBack = this.#taken.get(flowRunId) === process;
    const isNew = isTakenBack || !this.#before.has(act);
    const actedAfterMs = this.#beforeAtMs ?? this.#nowAtMs;
    const spanMs = known?.spanMs ?? firstSpanMs;
    if (isTakenBack) this.#taken.delete(flowRunId);
    this.#processes.set(process, {
      owner,
      actedAfterMs: isNew || known === undefined ? actedAfterMs : known.actedAfterMs,
      evidenceMs: isNew ? this.#beforeAtMs : known?.evidenceMs,
      spanMs: isTakenBack ? Math.min(longestSpanMs, spanMs * 2) : spanMs,
      namedAtMs: this.#nowAtMs,
    });
  }

  endListing(): void {
    this.#before = this.#now;
    this.#beforeAtMs = this.#nowAtMs;
    for (const [process, { namedAtMs, spanMs }] of this.#processes)
      if (this.#nowAtMs - namedAtMs > Math.max(forgottenAfterMs, spanMs))
        this.#processes.delete(process);
  }

  /** This process adopted a run. If the previous owner has it again, it is alive. */
  took(flowRunId: string, owner: Owner): void {
    this.#taken.set(flowRunId, keyOf(owner));
  }

  /** This process no longer holds the run. */
  left(flowRunId: string): void {
    this.#taken.delete(flowRunId);
  }

  /** The latest time of a process's acts. Undefined: none was observed, only earlier ones. */
  evidenceMs(owner: Owner): number | undefined {
    return this.#processes.get(keyOf(owner))?.evidenceMs;
  }

  isMute(owner: Owner): boolean {
    const acting = this.#processes.get(keyOf(owner));
    return (
      acting !== undefined &&
      this.#beforeAtMs !== undefined &&
      this.#beforeAtMs - acting.actedAfterMs >= acting.spanMs
    );
  }

  /** All processes that a run named within this time. */
  named(withinMs: number, nowMs: number): readonly Owner[] {
    return [...this.#processes.values()]
      .filter(({ namedAtMs }) => nowMs - namedAtMs <= withinMs)
      .map(({ owner }) => owner);
  }
}
