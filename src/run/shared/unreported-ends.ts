import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import {
  afterFailure,
  asSentence,
  durationWords,
  sinceWords,
  usualPace,
  well,
  type OutageState,
} from '../../kernel/outage.ts';

const namedAtMost = 3;

/** Flow runs whose end Prefect has not taken yet: told together, however many there are. */
export class UnreportedEnds {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiting = new Set<string>();
  #state: OutageState = well;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The end of the run could not be told; it is tried again. */
  failed(flowRunId: string, error: Error): void {
    this.#waiting.add(flowRunId);
    const nowMs = this.#clock.monotonicMs();
    const { state, tell } = afterFailure(this.#state, { begunMs: nowMs, nowMs }, usualPace);
    this.#state = state;
    if (tell === undefined) return;
    const since = sinceWords(state.beganMs, this.#clock);
    this.#log[tell](
      `Prefect has not taken the end of ${this.#counted} since ${since}: ${this.#names}. They are told again until it ` +
        `does. Last: ${asSentence(error.message)}`,
    );
  }

  /** The end was taken, or nobody here tells it any more. */
  over(flowRunId: string): void {
    if (!this.#waiting.delete(flowRunId) || this.#waiting.size > 0) return;
    if (this.#state.kind === 'failing') {
      const lasted = durationWords(this.#clock.monotonicMs() - this.#state.beganMs);
      this.#log.info(`Prefect has taken the ends of all flow runs again, after ${lasted}.`);
    }
    this.#state = well;
  }

  get #counted(): string {
    const { size } = this.#waiting;
    return size === 1 ? '1 flow run' : `${size.toLocaleString('en-US')} flow runs`;
  }

  get #names(): string {
    const named = [...this.#waiting].slice(0, namedAtMost).map((id) => `'${id}'`);
    const rest = this.#waiting.size - named.length;
    return named.join(', ') + (rest === 0 ? '' : ` and ${rest.toLocaleString('en-US')} more`);
  }
}
