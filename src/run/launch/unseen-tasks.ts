import { isDeniedRight, type AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { statementFor } from '../../core/diagnosis/policy.ts';
import { doubledMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { asSentence, errorAtOnce, Outage, usualPace } from '../../kernel/outage.ts';

const firstWaitMs = 5_000;
const longestWaitMs = 60_000;

function asking({ operation, said }: AwsCallError): string {
  const action = `ecs:${operation}`;
  return `Grant ${action} to the worker. ${asSentence(statementFor(action, said))}`;
}

/**
 * A claim for which the worker is not allowed to see whether a task lives. Such a claim is neither
 * relaunched nor given up, however long that lasts: on a guess, the run would be doubled or lost
 * (worker.md 9.11.3).
 */
export class UnseenTasks {
  readonly #clock: Clock;
  readonly #outage: Outage;
  #looks = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    const what = 'Looking for ECS tasks of earlier launches of this flow run';
    const advice = 'The flow run stays Pending until the worker knows that none of them is alive.';
    this.#outage = new Outage({ what, calls: 'looks', advice }, { clock, log });
  }

  /** Logs why, and waits until another look is worthwhile. */
  async wait(error: Error, signal: AbortSignal): Promise<void> {
    this.#looks += 1;
    const right = isDeniedRight(error) ? ` ${asking(error)}` : '';
    const words = new Error(`${asSentence(error.message)}${right}`);
    this.#outage.failed(words, right === '' ? usualPace : errorAtOnce);
    await this.#clock.sleep(doubledMs(this.#looks, firstWaitMs, longestWaitMs), signal);
  }

  seen(): void {
    this.#looks = 0;
    this.#outage.succeeded();
  }
}
