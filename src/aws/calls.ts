import { AwsCallError, classifyAwsError, isAboutSignature } from '../core/diagnosis/aws-error.ts';
import type { LaunchKind } from '../core/plan/launch-type.ts';
import { DeadlineError, within } from '../kernel/deadline.ts';
import { exponentialMs } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import { toError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import { toAwsError } from './errors.ts';
import type { Priority } from './rate-bucket.ts';
import type { RateCategory } from './rate-limits.ts';
import { narrowestFor, type Rates } from './rates.ts';

export interface CallsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly attempts: number;
  readonly callTimeoutMs: number;
  /** The rates of the called account. Finding out the account may take a call first. */
  readonly rates: () => Promise<Rates>;
}

type Send<T> = (signal: AbortSignal) => Promise<T>;

const firstWaitMs = 500;
const longestWaitMs = 20_000;

/**
 * Makes calls to AWS within its rate limits and a time limit, and repeats them where that is safe.
 * The SDK itself makes one attempt: its retries would go past the rate limits (decisions.md 6, 11).
 * A call that could act twice must never be repeated here.
 */
export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Reserves a turn to call RunTask. */
  async reserveLaunch(kind: LaunchKind, signal: AbortSignal): Promise<{ giveBack(): void }> {
    return (await this.#options.rates()).reserveLaunch(kind, signal);
  }

  /** Calls RunTask with a turn that the caller has reserved. */
  async launched<T>(
    operation: string,
    kind: LaunchKind,
    signal: AbortSignal,
    send: Send<T>,
  ): Promise<T> {
    const rates = await this.#options.rates();
    return this.#noticing(rates, narrowestFor(kind), () => this.unmetered(operation, signal, send));
  }

  /**
   * Makes one attempt without a rate token: nothing limits this call, or the caller holds the
   * token. When AWS refused the call because our clock is off, the SDK has corrected itself by the
   * answer's `Date`, and the call is made once more. Without this every call fails, since the SDK
   * makes one attempt only (aws-ecs.md A.4.1).
   */
  async unmetered<T>(operation: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    try {
      return await this.#attempt(operation, signal, send);
    } catch (error) {
      signal.throwIfAborted();
      if (!wasClockSetRight(error)) throw error;
      return this.#attempt(operation, signal, send);
    }
  }

  async #attempt<T>(operation: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    const { clock, callTimeoutMs } = this.#options;
    try {
      return await within(callTimeoutMs, clock, signal, (untilLate) =>
        endedBy(untilLate, send(untilLate)),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DeadlineError) {
        const message = `AWS did not answer ${operation} within ${callTimeoutMs / 1000} s`;
        throw new AwsCallError({ code: 'TimeoutError', message, operation }, { cause: error });
      }
      throw toAwsError(error, operation);
    }
  }

  async once<T>(
    operation: string,
    category: RateCategory,
    signal: AbortSignal,
    send: Send<T>,
    priority: Priority = 'launch',
  ): Promise<T> {
    const rates = await this.#options.rates();
    await rates.take(category, priority, signal);
    return this.#noticing(rates, category, () => this.unmetered(operation, signal, send));
  }

  /** For calls that may be made twice. Retries throttled and unanswered calls a few times. */
  async repeated<T>(
    operation: string,
    category: RateCategory,
    signal: AbortSignal,
    send: Send<T>,
    priority: Priority = 'launch',
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once(operation, category, signal, send, priority);
      } catch (error) {
        signal.throwIfAborted();
        const kind = error instanceof AwsCallError ? classifyAwsError(error) : 'hopeless';
        if (attempt >= this.#options.attempts || (kind !== 'throttled' && kind !== 'transient'))
          throw error;
        await this.#options.clock.sleep(
          exponentialMs(attempt, firstWaitMs, longestWaitMs, this.#options.random),
          signal,
        );
      }
    }
  }

  async #noticing<T>(rates: Rates, category: RateCategory, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof AwsCallError && classifyAwsError(error) === 'throttled')
        rates.throttled(category);
      throw error;
    }
  }
}

/**
 * The SDK marks its error when it has adopted AWS's clock. With a wrong clock it marks every error.
 */
function wasClockSetRight(error: unknown): boolean {
  if (!(error instanceof AwsCallError) || !isAboutSignature(error)) return false;
  if (typeof error.cause !== 'object' || error.cause === null) return false;
  if (!('$metadata' in error.cause)) return false;
  const { $metadata: metadata } = error.cause;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'clockSkewCorrected' in metadata &&
    metadata.clockSkewCorrected === true
  );
}

/**
 * The SDK looks for credentials before it checks the signal. Without this, a credential source that
 * never answers would hold the call for ever.
 */
function endedBy<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(toError(signal.reason));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
