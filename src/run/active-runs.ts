import { sharedAbortController } from '../kernel/abort.ts';
import { Cancelled } from '../kernel/task-group.ts';

/** A run that this process has in hand: from before its claim until its end was reported or let go. */
export interface ActiveRun extends Disposable {
  readonly flowRunId: string;
  /** Undefined until the claim was accepted. */
  readonly launchId: string | undefined;
  /** Aborts when somebody asked to cancel the run. */
  readonly cancelAsked: AbortSignal;
  /** Aborts when another process turned out to follow the run. */
  readonly letGo: AbortSignal;
  claimed(launchId: string): void;
}

interface Entry extends ActiveRun {
  readonly cancel: AbortController;
  readonly release: AbortController;
}

/**
 * What this process has in hand, by claim: a run may be here twice while the task of an older claim still stops
 * (ecs-worker.md 0.4.6).
 */
export class ActiveRuns {
  readonly #byRun = new Map<string, Set<Entry>>();

  begin(flowRunId: string, launchId?: string): ActiveRun {
    const cancel = sharedAbortController();
    const release = sharedAbortController();
    let id = launchId;
    const entry: Entry = {
      flowRunId,
      get launchId() {
        return id;
      },
      cancel,
      release,
      cancelAsked: cancel.signal,
      letGo: release.signal,
      claimed: (made) => {
        id = made;
      },
      [Symbol.dispose]: () => this.#end(entry),
    };
    const entries = this.#byRun.get(flowRunId) ?? new Set();
    entries.add(entry);
    this.#byRun.set(flowRunId, entries);
    return entry;
  }

  /** Whether the run, or this claim of it, is in hand. A run whose claim is not known yet counts for any claim. */
  has(flowRunId: string, launchId?: string): boolean {
    return [...(this.#byRun.get(flowRunId) ?? [])].some(
      (entry) => launchId === undefined || entry.launchId === undefined || entry.launchId === launchId,
    );
  }

  get flowRunIds(): readonly string[] {
    return [...this.#byRun.keys()];
  }

  askToCancel(flowRunId: string): void {
    for (const entry of this.#byRun.get(flowRunId) ?? []) entry.cancel.abort(new Cancelled('cancelled'));
  }

  letGo(flowRunId: string, launchId: string): void {
    for (const entry of this.#byRun.get(flowRunId) ?? []) {
      if (entry.launchId === launchId) entry.release.abort(new Cancelled('followed by another worker'));
    }
  }

  #end(entry: Entry): void {
    const entries = this.#byRun.get(entry.flowRunId);
    entries?.delete(entry);
    if (entries?.size === 0) this.#byRun.delete(entry.flowRunId);
  }
}
