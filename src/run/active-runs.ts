import type { FlowRun } from '../core/prefect/flow-run.ts';
import { sharedAbortController } from '../kernel/abort.ts';
import { Cancelled } from '../kernel/task-group.ts';

/** A run that this process has in hand: from before its claim until its end was reported or let go. */
export interface ActiveRun extends Disposable {
  readonly flowRun: FlowRun;
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

  begin(flowRun: FlowRun, launchId?: string): ActiveRun {
    const cancel = sharedAbortController();
    const release = sharedAbortController();
    let id = launchId;
    const entry: Entry = {
      flowRun,
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
    const entries = this.#byRun.get(flowRun.id) ?? new Set();
    entries.add(entry);
    this.#byRun.set(flowRun.id, entries);
    return entry;
  }

  /** Whether the run, or this claim of it, is in hand. A run whose claim is not known yet counts for any claim. */
  has(flowRunId: string, launchId?: string): boolean {
    return this.find(flowRunId, launchId) !== undefined;
  }

  find(flowRunId: string, launchId?: string): ActiveRun | undefined {
    for (const entry of this.#byRun.get(flowRunId) ?? []) {
      if (launchId === undefined || entry.launchId === undefined || entry.launchId === launchId) return entry;
    }
    return undefined;
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
    const entries = this.#byRun.get(entry.flowRun.id);
    entries?.delete(entry);
    if (entries?.size === 0) this.#byRun.delete(entry.flowRun.id);
  }
}
