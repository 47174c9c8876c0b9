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

/** The log lines about them. */
export interface WaitingWords {
  /** A sentence without its end: "Prefect has not accepted the end of 3 flow runs". */
  readonly failing: (runs: string) => string;
  /** What the worker does about it. A sentence. */
  readonly meanwhile: string;
  /** Logged when none is left, with "again" added: "Prefect accepts the ends of flow runs". */
  readonly over: string;
}

/**
 * Flow runs for which the same thing fails: one log line for all of them, however many there are.
 */
export class WaitingRuns {
  readonly #words: WaitingWords;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiting = new Set<string>();
  #state: OutageState = well;

  constructor(
    words: WaitingWords,
    { clock, log }: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.#words = words;
    this.#clock = clock;
    this.#log = log;
  }

  /** It failed for the run and will be retried. */
  failed(flowRunId: string, error: Error): void {
    this.#waiting.add(flowRunId);
    const nowMs = this.#clock.monotonicMs();
    const { state, tell } = afterFailure(this.#state, { begunMs: nowMs, nowMs }, usualPace);
    this.#state = state;
    if (tell === undefined) return;
    const { failing, meanwhile } = this.#words;
    const since = sinceWords(state.beganMs, this.#clock);
    this.#log[tell](
      `${failing(this.#counted)} since ${since}: ${this.#names}. ${meanwhile} ` +
        `Last: ${asSentence(error.message)}`,
    );
  }

  /** It worked for the run, or the worker no longer tries. */
  over(flowRunId: string): void {
    if (!this.#waiting.delete(flowRunId) || this.#waiting.size > 0) return;
    if (this.#state.kind === 'failing') {
      const lasted = durationWords(this.#clock.monotonicMs() - this.#state.beganMs);
      this.#log.info(`${this.#words.over} again, after ${lasted}.`);
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

export const unreportedEnds: WaitingWords = {
  failing: (runs) => `Prefect has not accepted the end of ${runs}`,
  meanwhile: 'The worker keeps reporting them until it does.',
  over: 'Prefect accepts the ends of flow runs',
};

export const unstoppedTasks: WaitingWords = {
  failing: (runs) => `ECS has not stopped the tasks that cancelled flow runs left behind (${runs})`,
  meanwhile: 'The worker retries every few minutes.',
  over: 'ECS stops the tasks that cancelled flow runs left behind',
};
