import type { JudgeClaim } from '../../core/claim/claims.ts';
import type { State } from '../../core/prefect/state.ts';
import type { Clock } from '../../kernel/clock.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';
import type { FlowRunReader, RunSighting } from '../shared/flow-run-reader.ts';
import { Look, lookGoodForMs } from './look.ts';

export type LookAnswer =
  | { readonly kind: 'look'; readonly look: Look }
  /** Prefect knows no such run. */
  | { readonly kind: 'gone' }
  /** Run and history keep showing different moments: do nothing. */
  | { readonly kind: 'not-agreed' };

export interface LooksPorts {
  readonly prefect: Pick<PrefectApi, 'readStateHistory'>;
  readonly flowRuns: Pick<FlowRunReader, 'read'>;
  readonly clock: Clock;
  readonly judge: JudgeClaim;
}

/** Limits how many calls run at once. */
export type ReadLane = <T>(call: () => Promise<T>) => Promise<T>;

const atOnce: ReadLane = (call) => call();

/** How often a reading that does not agree is repeated. */
const readings = 3;
/** Time until the next look at an active run when none agreed. */
const lookAgainMs = 10_000;
/**
 * Histories kept so that a look can be renewed without reading its history again. A bound, not a
 * target.
 */
const keptHistories = 1_000;
/**
 * How long a slow Prefect is remembered: acts of other processes may be on their way for as long.
 */
const slownessKeptMs = 60_000;

interface KnownHistory {
  readonly stateId: string;
  readonly history: readonly State[];
}

/**
 * Looks at runs: reads the history, then the run itself, which must agree (worker.md 0.4.8). The
 * same present state means the same history, so a look is renewed by reading the run alone, up to
 * 200 runs a call. Must never return a look whose parts do not agree.
 */
export class Looks {
  readonly #ports: LooksPorts;
  readonly #known = new LruMap<string, KnownHistory>(keptHistories);
  #slowest = { goodForMs: lookGoodForMs, atMs: -Infinity };

  constructor(ports: LooksPorts) {
    this.#ports = ports;
  }

  /**
   * How long an act of any process may be on its way after its look: 5 s while Prefect answers
   * normally.
   */
  get settlingMs(): number {
    const isOld = this.#ports.clock.monotonicMs() - this.#slowest.atMs > slownessKeptMs;
    return isOld ? lookGoodForMs : this.#slowest.goodForMs;
  }

  /** `lane` limits the reads of histories. Runs are always read 200 a call. */
  async look(flowRunId: string, signal: AbortSignal, lane: ReadLane = atOnce): Promise<LookAnswer> {
    const renewed = await this.#renewed(flowRunId);
    if (renewed !== undefined) return renewed;
    let before: string | undefined;
    for (let reading = 1; reading <= readings; reading += 1) {
      let begunMs = 0;
      const history = await lane(() => {
        // time spent waiting for the lane does not count as Prefect's slowness
        begunMs = this.#ports.clock.monotonicMs();
        return this.#ports.prefect.readStateHistory(flowRunId, signal);
      });
      const sighting = await this.#ports.flowRuns.read(flowRunId);
      const stateId = sighting.flowRun?.stateId;
      if (sighting.flowRun === undefined) return { kind: 'gone' };
      const last = history.at(-1)?.id;
      if (stateId === last) return this.#agreed(history, sighting, begunMs);
      const ids = `${stateId} ${last}`;
      // Two states were written at once: the list stays in another order than the server accepted
      // them.
      if (ids === before && history.some(({ id }) => id === stateId))
        return this.#agreed(presentLast(history, stateId), sighting, begunMs);
      before = ids;
    }
    return { kind: 'not-agreed' };
  }

  /** A look that agrees, however long that takes; undefined: Prefect knows no such run. */
  async untilAgreed(
    flowRunId: string,
    signal: AbortSignal,
    lane: ReadLane = atOnce,
  ): Promise<Look | undefined> {
    for (;;) {
      const answer = await this.look(flowRunId, signal, lane);
      if (answer.kind === 'look') return answer.look;
      if (answer.kind === 'gone') return undefined;
      await this.#ports.clock.sleep(lookAgainMs, signal);
    }
  }

  /** The worker no longer holds the run. */
  forget(flowRunId: string): void {
    this.#known.delete(flowRunId);
  }

  async #renewed(flowRunId: string): Promise<LookAnswer | undefined> {
    const known = this.#known.get(flowRunId);
    if (known === undefined) return undefined;
    const begunMs = this.#ports.clock.monotonicMs();
    const sighting = await this.#ports.flowRuns.read(flowRunId);
    if (sighting.flowRun === undefined) return { kind: 'gone' };
    if (sighting.flowRun.stateId !== known.stateId) return undefined;
    return this.#agreed(known.history, sighting, begunMs);
  }

  #agreed(
    history: readonly State[],
    { flowRun, askedAtMs }: RunSighting,
    begunMs: number,
  ): LookAnswer {
    const present = history.at(-1);
    if (flowRun === undefined || present === undefined) return { kind: 'not-agreed' };
    const nowMs = this.#ports.clock.monotonicMs();
    const parts = { flowRun, history, present, sentAtMs: askedAtMs, tookMs: nowMs - begunMs };
    const look = new Look(parts, this.#ports.judge);
    if (flowRun.stateId !== undefined)
      this.#known.set(flowRun.id, { stateId: flowRun.stateId, history });
    if (look.goodForMs >= this.settlingMs)
      this.#slowest = { goodForMs: look.goodForMs, atMs: nowMs };
    return { kind: 'look', look };
  }
}

function presentLast(history: readonly State[], stateId: string | undefined): readonly State[] {
  const present = history.filter(({ id }) => id === stateId);
  return [...history.filter(({ id }) => id !== stateId), ...present];
}
