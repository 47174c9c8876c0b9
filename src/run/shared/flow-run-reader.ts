import { recordsPerPage } from '../../core/prefect/page.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';

/** A run as the server had it, and when it was asked: the fact becomes old. */
export interface RunSighting {
  /** Undefined: the server knows no such run. */
  readonly flowRun: FlowRun | undefined;
  /**
   * When the question was sent, not when it was answered: the answer holds nothing that happened
   * since.
   */
  readonly askedAtMs: number;
}

interface Question {
  readonly flowRunId: string;
  resolve(sighting: RunSighting): void;
  reject(error: unknown): void;
}

/**
 * Reads the present state of runs, many in one call: while a call is under way, the questions for
 * the next one gather (worker.md 0.4.2). There is no timer: an idle reader asks at once.
 */
export class FlowRunReader {
  readonly #prefect: Pick<PrefectApi, 'filterFlowRuns'>;
  readonly #clock: Clock;
  readonly #stopped: AbortSignal;
  /** Runs that will be asked about soon, read along with the others. */
  readonly #prefetched = new Set<string>();
  readonly #seen = new Map<string, RunSighting>();
  #waiting: Question[] = [];
  #asking = false;

  constructor(prefect: Pick<PrefectApi, 'filterFlowRuns'>, clock: Clock, stopped: AbortSignal) {
    this.#prefect = prefect;
    this.#clock = clock;
    this.#stopped = stopped;
  }

  /** Includes this run in the next calls, until disposed of. */
  prefetch(flowRunId: string): Disposable {
    this.#prefetched.add(flowRunId);
    return {
      [Symbol.dispose]: () => {
        this.#prefetched.delete(flowRunId);
        this.#seen.delete(flowRunId);
      },
    };
  }

  /** `maxAgeMs`: the greatest age of an answer from another run's call. */
  read(flowRunId: string, maxAgeMs = 0): Promise<RunSighting> {
    const seen = this.#seen.get(flowRunId);
    if (
      seen !== undefined &&
      this.#clock.monotonicMs() - seen.askedAtMs <= maxAgeMs &&
      maxAgeMs > 0
    )
      return Promise.resolve(seen);
    const answer = new Promise<RunSighting>((resolve, reject) => {
      this.#waiting.push({ flowRunId, resolve, reject });
    });
    void this.#askWhileAnyWait();
    return answer;
  }

  async #askWhileAnyWait(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    await Promise.resolve(); // questions of the same moment share a call
    while (this.#waiting.length > 0) await this.#ask(this.#waiting.splice(0, recordsPerPage));
    this.#asking = false;
  }

  async #ask(questions: readonly Question[]): Promise<void> {
    const askedAtMs = this.#clock.monotonicMs();
    try {
      const asked = questions.map((question) => question.flowRunId);
      const ids = [...new Set([...asked, ...this.#prefetched])].slice(0, recordsPerPage);
      const answer = await this.#prefect.filterFlowRuns({ ids }, this.#stopped);
      const byId = new Map(answer.runs.map((run) => [run.id, run]));
      const flawOf = (id: string): Error | undefined =>
        byId.has(id) ? undefined : (answer.unreadable.get(id) ?? answer.nameless);
      for (const id of ids) {
        if (!this.#prefetched.has(id) || flawOf(id) !== undefined) continue;
        this.#seen.set(id, { flowRun: byId.get(id), askedAtMs });
      }
      for (const question of questions) {
        const flaw = flawOf(question.flowRunId);
        if (flaw === undefined)
          question.resolve({ flowRun: byId.get(question.flowRunId), askedAtMs });
        else question.reject(flaw);
      }
    } catch (error) {
      for (const question of questions) question.reject(error);
    }
  }
}
