import { isDeniedRight } from '../../core/diagnosis/aws-error.ts';
import { statementFor } from '../../core/diagnosis/policy.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { asSentence, durationWords, sinceWords } from '../../kernel/outage.ts';
import { QueuePollingError } from './failure-counter.ts';
import { mostRestarts, restartAfterMs } from './restarts.ts';

/** A failure that lasts is logged this often. */
const sayAgainMs = 3_600_000;

const goesOn = 'Tasks are still followed, by polling ECS only.';

type Sight =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'missing' | 'crashing'; readonly sinceMs: number };

/** A batch call needs the permission of the single call. */
const rightOf: Readonly<Record<string, string>> = {
  ChangeMessageVisibilityBatch: 'sqs:ChangeMessageVisibility',
  DeleteMessageBatch: 'sqs:DeleteMessage',
};

/**
 * Logs the state of the task event queue: read, missing or failing, and when it works again. It
 * logs changes, not every call.
 */
export class ObserverLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queueName: string;
  #region: string | undefined;
  #sight: Sight = { kind: 'unknown' };
  #missingToldMs = -Infinity;
  /** Consecutive crashes: when they began and when they were last logged. */
  #crashes: { readonly sinceMs: number; readonly toldMs: number } | undefined;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }, queueName: string) {
    this.#clock = clock;
    this.#log = log;
    this.#queueName = queueName;
  }

  /** The region in which the queue, or its absence, was found. */
  foundIn(region: string): void {
    this.#region = region;
  }

  /** SQS answered a ReceiveMessage call. */
  reading(): void {
    const before = this.#sight;
    if (before.kind === 'reading') return;
    this.#sight = { kind: 'reading' };
    const again =
      before.kind === 'unknown'
        ? ''
        : ` again, after ${durationWords(this.#clock.monotonicMs() - before.sinceMs)}`;
    this.#log.info(`Reading task events from ${this.#queue}${again}.`);
  }

  missing(): void {
    const nowMs = this.#clock.monotonicMs();
    const isNew = this.#sight.kind !== 'missing';
    if (!isNew && nowMs - this.#missingToldMs < sayAgainMs) return;
    this.#sight = { kind: 'missing', sinceMs: this.#since ?? nowMs };
    this.#missingToldMs = nowMs;
    this.#log.warning(
      `SQS queue '${this.#queueName}' does not exist${this.#inRegion}. Tasks are still ` +
        'launched and followed, but the worker does not replicate task events to Prefect or ' +
        'detect crashes from them. Create the queue as docs/operations.md describes, name ' +
        'another queue in PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME, or set ' +
        'PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED=false. The worker checks again every five ' +
        'minutes.',
    );
  }

  /**
   * `crashes` is the number of consecutive crashes. The first ones are logged each; once the
   * observer restarts more slowly, one an hour.
   */
  crashed(error: Error, crashes: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#sight.kind !== 'missing')
      this.#sight = { kind: 'crashing', sinceMs: this.#since ?? nowMs };
    const first = crashes === 1 ? undefined : this.#crashes;
    const crashing = first ?? { sinceMs: nowMs, toldMs: nowMs };
    this.#crashes = crashing;
    if (crashes <= mostRestarts + 1) this.#tellCrash(error, crashes);
    else if (nowMs - crashing.toldMs < sayAgainMs) {
      this.#log.debug('ECS observer crashed', { error: error.message, crashes });
      return;
    } else {
      const since = sinceWords(crashing.sinceMs, this.#clock);
      this.#log.error(
        `ECS observer has been crashing since ${since} (${crashes} times in a row): ` +
          `${this.#words(error)} ${goesOn}`,
      );
    }
    this.#crashes = { ...crashing, toldMs: nowMs };
  }

  #tellCrash(error: Error, crashes: number): void {
    const errors =
      error instanceof QueuePollingError ? { errors: error.errors.map((one) => one.message) } : {};
    this.#log.error(`ECS observer crashed: ${this.#words(error)}`, errors);
    const seconds = restartAfterMs(crashes) / 1000;
    if (crashes <= mostRestarts) {
      this.#log.info(
        `ECS observer will restart in ${seconds} seconds (attempt ${crashes} of ${mostRestarts})`,
      );
      return;
    }
    this.#log.error(
      `ECS observer has crashed ${crashes} times in a row; it now restarts every ` +
        `${seconds / 60} minutes. ${goesOn}`,
    );
  }

  get #since(): number | undefined {
    return this.#sight.kind === 'unknown' || this.#sight.kind === 'reading'
      ? undefined
      : this.#sight.sinceMs;
  }

  #words(error: Error): string {
    const cause = error instanceof QueuePollingError ? error.errors.at(-1) : error;
    const told = cause === error || cause === undefined ? '' : ` ${asSentence(cause.message)}`;
    const words = `${asSentence(error.message)}${told}`;
    if (!isDeniedRight(cause)) return words;
    const right = rightOf[cause.operation] ?? `sqs:${cause.operation}`;
    return (
      `${words} Grant ${right} to the worker on ${this.#queue}. ` + statementFor(right, cause.said)
    );
  }

  get #queue(): string {
    return `SQS queue '${this.#queueName}'${this.#inRegion}`;
  }

  get #inRegion(): string {
    return this.#region === undefined ? '' : ` in region '${this.#region}'`;
  }
}
