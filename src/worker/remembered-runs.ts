import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';

/** How many runs are remembered: the newest. */
const rememberedAtMost = 10_000;

/** Results of looks at runs, each valid while the run stays in the state of that look. */
export class RememberedRuns<T> {
  readonly #byRun = new Map<string, { readonly stateId: string; readonly found: T }>();

  found({ id, stateId }: Pick<FlowRunHead, 'id' | 'stateId'>): T | undefined {
    const known = this.#byRun.get(id);
    return known !== undefined && known.stateId === stateId ? known.found : undefined;
  }

  remember({ id, stateId }: Pick<FlowRunHead, 'id' | 'stateId'>, found: T): void {
    if (stateId === undefined) return;
    this.#byRun.delete(id);
    this.#byRun.set(id, { stateId, found });
    if (this.#byRun.size <= rememberedAtMost) return;
    for (const oldest of this.#byRun.keys()) {
      this.#byRun.delete(oldest);
      return;
    }
  }
}
