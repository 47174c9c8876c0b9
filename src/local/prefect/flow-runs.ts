import type { FlowRun } from './records.ts';
import type { State, StateType } from './state.ts';
import type { Timestamp } from './timestamps.ts';

/** A state and when it was written. Its own timestamp may be older. */
export interface Commit {
  readonly at: Timestamp;
  readonly state: State;
}

interface Entry {
  run: FlowRun;
  /** In the order of writing. */
  readonly commits: Commit[];
  /**
   * The same, ordered by their own times as the server lists them. The last one is not always the
   * one written last.
   */
  readonly states: State[];
  /** Earlier versions of the run, newest last, for stale reads. */
  readonly earlier: { readonly until: Timestamp; readonly change: number; readonly run: FlowRun }[];
}

/** How many versions of a run are kept for stale reads. */
const keptVersions = 16;

/**
 * Flow runs with their histories. Runs are indexed by state, so that a poll or a slot count reads
 * only the states it needs.
 */
export class FlowRuns {
  readonly #entries = new Map<string, Entry>();
  readonly #byType = new Map<StateType, Set<string>>();
  readonly #byKey = new Map<string, string>();
  #changes = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** The number of changes to runs. */
  get changes(): number {
    return this.#changes;
  }

  get(id: string): FlowRun | undefined {
    return this.#entries.get(id)?.run;
  }

  /** The run at an earlier moment. Undefined if it did not exist yet. */
  getAsOf(id: string, moment: Timestamp | undefined): FlowRun | undefined {
    const entry = this.#entries.get(id);
    return entry === undefined || moment === undefined ? entry?.run : versionAt(entry, moment);
  }

  /** The run after this many changes. */
  getAfter(id: string, changes: number): FlowRun | undefined {
    const entry = this.#entries.get(id);
    return entry?.earlier.find(({ change }) => change > changes)?.run ?? entry?.run;
  }

  byIdempotencyKey(flowId: string, key: string): FlowRun | undefined {
    const id = this.#byKey.get(`${flowId}/${key}`);
    return id === undefined ? undefined : this.get(id);
  }

  /** All runs in the order of creation. */
  all(moment?: Timestamp): readonly FlowRun[] {
    const runs: FlowRun[] = [];
    for (const entry of this.#entries.values()) {
      const run = moment === undefined ? entry.run : versionAt(entry, moment);
      if (run !== undefined) runs.push(run);
    }
    return runs;
  }

  inStates(...types: readonly StateType[]): readonly FlowRun[] {
    const runs: FlowRun[] = [];
    for (const type of types) {
      for (const id of this.#byType.get(type) ?? []) {
        const run = this.get(id);
        if (run !== undefined) runs.push(run);
      }
    }
    return runs;
  }

  /** Ordered by the states' own times. With a moment: those written by then. */
  history(id: string, moment?: Timestamp): readonly State[] {
    const entry = this.#entries.get(id);
    if (entry === undefined || moment === undefined) return entry?.states ?? [];
    const written = new Set(
      entry.commits.filter(({ at }) => at <= moment).map(({ state }) => state),
    );
    return entry.states.filter((state) => written.has(state));
  }

  /** In the order of writing. */
  commits(id: string): readonly Commit[] {
    return this.#entries.get(id)?.commits ?? [];
  }

  stateTimestamps(id: string): ReadonlySet<Timestamp> {
    return new Set(this.history(id).map((state) => state.timestamp));
  }

  add(run: FlowRun): FlowRun {
    const commit = { at: run.created, state: run.state };
    this.#entries.set(run.id, { run, commits: [commit], states: [run.state], earlier: [] });
    this.#typed(run.state.type).add(run.id);
    if (run.idempotency_key !== null)
      this.#byKey.set(`${run.flow_id}/${run.idempotency_key}`, run.id);
    return run;
  }

  /** Replaces a run. A new state is added to its history. */
  put(run: FlowRun, now: Timestamp): FlowRun {
    const entry = this.#entries.get(run.id);
    if (entry === undefined) throw new Error(`flow run ${run.id} does not exist`);
    this.#changes += 1;
    entry.earlier.push({ until: now, change: this.#changes, run: entry.run });
    if (entry.earlier.length > keptVersions) entry.earlier.shift();
    if (run.state !== entry.run.state) {
      entry.commits.push({ at: now, state: run.state });
      insertByTime(entry.states, run.state);
      this.#typed(entry.run.state.type).delete(run.id);
      this.#typed(run.state.type).add(run.id);
    }
    entry.run = run;
    return run;
  }

  delete(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#typed(entry.run.state.type).delete(id);
    const { flow_id: flowId, idempotency_key: key } = entry.run;
    if (key !== null) this.#byKey.delete(`${flowId}/${key}`);
    return this.#entries.delete(id);
  }

  #typed(type: StateType): Set<string> {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const made = new Set<string>();
    this.#byType.set(type, made);
    return made;
  }
}

function insertByTime(states: State[], state: State): void {
  const before = states.findLastIndex(({ timestamp }) => timestamp <= state.timestamp);
  states.splice(before + 1, 0, state);
}

function versionAt(entry: Entry, moment: Timestamp): FlowRun | undefined {
  if (entry.run.created > moment) return undefined;
  return entry.earlier.find((version) => version.until > moment)?.run ?? entry.run;
}
