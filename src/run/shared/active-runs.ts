import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { Conceal, SecretHolder } from '../ports/conceal.ts';
import { AbortFlag } from '../../kernel/abort.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { Wake } from '../../kernel/wake.ts';
import { heldInstead } from './concealment.ts';

const nobody = (): void => undefined;

/**
 * A run that this process holds: from before its claim until its end was reported or it was
 * released. It lives as long as the run's task, so it is a class with flags instead of signals.
 */
export class ActiveRun implements Disposable {
  readonly flowRun: FlowRun;
  /** Raised at each hint that the run may be cancelled: the run's holder then looks. */
  readonly cancelled = new Wake();
  /** Aborts when another process turned out to follow the run. */
  readonly letGo = new AbortFlag();
  /** Undefined: no longer held. */
  #runs: ActiveRuns | undefined;
  #launchId: string | undefined;
  /** The secrets that every exit must conceal. */
  #held: Disposable | undefined;

  constructor(flowRun: FlowRun, launchId: string | undefined, runs: ActiveRuns) {
    this.flowRun = flowRun;
    this.#launchId = launchId;
    this.#runs = runs;
  }

  /** Undefined until the claim was accepted. */
  get launchId(): string | undefined {
    return this.#launchId;
  }

  claimed(launchId: string): void {
    this.#launchId = launchId;
    this.#runs?.claimed(launchId);
  }

  /** Conceals secrets until the run is released. */
  get conceal(): Conceal {
    return (secrets) => {
      if (this.#runs !== undefined)
        this.#held = heldInstead(this.#held, secrets, this.#runs.secrets);
    };
  }

  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]();
    this.#runs?.end(this);
    this.#runs = undefined;
  }
}

/**
 * The runs that this process holds, by claim. A run may be here twice while the task of an older
 * claim is stopping (worker.md 0.4.6). Every entry must be disposed of: a leaked one makes adoption
 * skip the run for ever.
 */
export class ActiveRuns {
  readonly #byRun = new Map<string, readonly ActiveRun[]>();
  readonly #claims = new Set<string>();
  #onLetGo: () => void = nobody;
  /** Makes the secrets of active runs known to every exit. */
  readonly secrets: SecretHolder;

  constructor(secrets: SecretHolder) {
    this.secrets = secrets;
  }

  begin(flowRun: FlowRun, launchId?: string): ActiveRun {
    const active = new ActiveRun(flowRun, launchId, this);
    this.#byRun.set(flowRun.id, [...(this.#byRun.get(flowRun.id) ?? []), active]);
    if (launchId !== undefined) this.#claims.add(launchId);
    return active;
  }

  /**
   * Whether this process holds the run, or this claim of it. A run whose claim is not known yet
   * matches any claim.
   */
  has(flowRunId: string, launchId?: string): boolean {
    return this.find(flowRunId, launchId) !== undefined;
  }

  hasClaim(launchId: string): boolean {
    return this.#claims.has(launchId);
  }

  find(flowRunId: string, launchId?: string): ActiveRun | undefined {
    for (const active of this.#byRun.get(flowRunId) ?? []) {
      if (launchId === undefined || active.launchId === undefined || active.launchId === launchId)
        return active;
    }
    return undefined;
  }

  /** The claims of a run that this process holds. */
  launchIdsOf(flowRunId: string): readonly string[] {
    return (this.#byRun.get(flowRunId) ?? []).flatMap(({ launchId }) => launchId ?? []);
  }

  get flowRunIds(): readonly string[] {
    return [...this.#byRun.keys()];
  }

  askToCancel(flowRunId: string): void {
    for (const active of this.#byRun.get(flowRunId) ?? []) active.cancelled.raise();
  }

  /** Another process follows the run: releases it here. */
  letGo(flowRunId: string, launchId: string): void {
    for (const active of this.#byRun.get(flowRunId) ?? []) {
      if (active.launchId !== launchId || active.letGo.aborted) continue;
      active.letGo.abort(new Cancelled('followed by another worker'));
      this.#onLetGo();
    }
  }

  /** Calls back whenever a run is released. One listener. */
  whenLetGo(listener: () => void): Disposable {
    this.#onLetGo = listener;
    return { [Symbol.dispose]: () => (this.#onLetGo = nobody) };
  }

  /** @internal */
  claimed(launchId: string): void {
    this.#claims.add(launchId);
  }

  /** @internal */
  end(active: ActiveRun): void {
    if (active.launchId !== undefined) this.#claims.delete(active.launchId);
    const others = this.#byRun.get(active.flowRun.id)?.filter((one) => one !== active) ?? [];
    if (others.length > 0) this.#byRun.set(active.flowRun.id, others);
    else this.#byRun.delete(active.flowRun.id);
  }
}
