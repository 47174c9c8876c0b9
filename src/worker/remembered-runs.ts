import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';

/** So many are remembered, the newest of them. */
const rememberedAtMost = 10_000;

/**
 * What was found out of runs, by the state in which they were: one that changed is looked at again.
 */
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
