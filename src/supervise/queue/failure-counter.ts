import { WorkerError } from '../../kernel/errors.ts';

/** What to do after a failure. */
export type FailureAnswer =
  /** Try again after this time. */
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'give-up'; readonly errors: readonly Error[] };

const failuresBeforeBackoff = 3;
const mostBackoffs = 5;
const firstWaitMs = 1_000;
const rememberedErrors = 10;

/**
 * Failures in a row of one kind of call to the queue, and how long the next call waits. Each kind
 * has its own counter: successful receives must not hide that deletes are denied (worker.md 10.3).
 */
export class FailureCounter {
  #failures = 0;
  #backoffs = 0;
  #errors: Error[] = [];

  /** The failures have lasted longer than a transient one. */
  get isBackingOff(): boolean {
    return this.#backoffs > 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#backoffs = 0;
    this.#errors = [];
  }

  failed(error: Error): FailureAnswer {
    this.#errors = [...this.#errors, error].slice(-rememberedErrors);
    this.#failures += 1;
    if (this.#failures < failuresBeforeBackoff) return { kind: 'wait', ms: firstWaitMs };
    this.#failures = 0;
    this.#backoffs += 1;
    if (this.#backoffs > mostBackoffs) return { kind: 'give-up', errors: this.#errors };
    return { kind: 'wait', ms: 2 ** this.#backoffs * 1000 };
  }
}

/** SQS calls have failed for so long that the observer must restart. */
export class QueuePollingError extends WorkerError {
  override readonly name = 'QueuePollingError';

  /** At most the last ten. */
  readonly errors: readonly Error[];

  constructor(errors: readonly Error[]) {
    super('SQS polling failed after 5 backoff attempts', { cause: errors.at(-1) });
    this.errors = errors;
  }
}

/** How long a failure delays the next call. Throws when there is to be no next call. */
export function waitOf(answer: FailureAnswer): number {
  if (answer.kind === 'give-up') throw new QueuePollingError(answer.errors);
  return answer.ms;
}
