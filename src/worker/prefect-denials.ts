import { isDeniedByPrefect } from '../core/prefect/api-error.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import {
  afterFailure,
  asSentence,
  sinceWords,
  type Failing,
  type OutagePace,
} from '../kernel/outage.ts';
import type { ReadinessReasons } from '../run/ports/readiness-reasons.ts';

/** A renewed key may be refused for a moment (worker.md 8.5.5). */
const pace: OutagePace = { begin: undefined, errorAfterMs: 60_000, everyMs: 60_000 };
const readinessKey = 'prefect denies';

export type PrefectLane = 'polls' | 'heartbeats';

interface Denials {
  readonly clock: Clock;
  readonly log: Logger;
  readonly readiness: ReadinessReasons;
}

/**
 * Handles 401 and 403 on polls and heartbeats. After a minute, logs an error every minute and
 * blocks readiness until Prefect accepts both again: without that, a worker with a bad key idles in
 * silence.
 */
export class PrefectDenials {
  readonly #ports: Denials;
  readonly #denied = new Map<PrefectLane, Failing>();

  constructor(ports: Denials) {
    this.#ports = ports;
  }

  answered(lane: PrefectLane): void {
    if (!this.#denied.delete(lane) || this.#denied.size > 0) return;
    this.#ports.readiness.unblock(readinessKey);
  }

  /** An error that is not a denial shows nothing about the key. */
  failed(lane: PrefectLane, error: Error): void {
    if (!isDeniedByPrefect(error)) return;
    const { clock, log, readiness } = this.#ports;
    const nowMs = clock.monotonicMs();
    const before = this.#denied.get(lane) ?? { kind: 'well' };
    const others = [...this.#denied].filter(([other]) => other !== lane);
    const { state, tell } = afterFailure(before, { begunMs: nowMs, nowMs }, pace);
    // One line a minute in all, whether polls or heartbeats are denied.
    const isTold = others.some(
      ([, { told }]) => told !== undefined && nowMs - told.atMs < pace.everyMs,
    );
    if (tell === undefined || isTold) {
      this.#denied.set(lane, {
        ...state,
        told: before.kind === 'failing' ? before.told : undefined,
      });
      return;
    }
    this.#denied.set(lane, state);
    const since = sinceWords(
      Math.min(...[...this.#denied.values()].map(({ beganMs }) => beganMs)),
      clock,
    );
    const lanes = [...this.#denied.keys()].sort().join(' and ');
    const words = asSentence(error.message);
    const reason = `Prefect has denied this worker's ${lanes} since ${since}. ${words}`;
    log.error(
      `${reason} No new flow run starts; running tasks are still followed. ` +
        'Restart the worker with an API key that has access to this pool.',
    );
    readiness.block(readinessKey, reason);
  }
}
