import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { sharedAbortController, whenAborted } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { within } from '../kernel/deadline.ts';
import { toError } from '../kernel/errors.ts';
import type { Calls } from './calls.ts';

/** How long the first calls wait to learn whose limits they count against. */
const patienceMs = 3_000;
/** A network without a route to STS usually stays so for a while. */
const failureKeptMs = 10 * 60_000;

/**
 * The account of a set of credentials: the one that ECS's answers name, else the one that STS
 * returns. STS needs no permission, but not every network reaches it. One question is asked at a
 * time and a failure is remembered, so that a hanging STS is not asked by every run. It must never
 * hold up a launch (worker.md 9.11.4).
 */
export class Identity {
  readonly #sts: Pick<STSClient, 'send'>;
  readonly #calls: Calls;
  readonly #clock: Clock;
  #known: string | undefined;
  #asking: Promise<void> | undefined;
  #failedAtMs: number | undefined;

  /** `calls`: the calls of the credentials alone, which do not need an account. */
  constructor(sts: Pick<STSClient, 'send'>, calls: Calls, clock: Clock) {
    this.#sts = sts;
    this.#calls = calls;
    this.#clock = clock;
  }

  /** Learns the account from an ARN that belongs to it: that of a task definition. */
  learnFrom(arn: unknown): void {
    if (this.#known !== undefined || typeof arn !== 'string') return;
    this.#known = /^arn:[^:]+:ecs:[^:]*:(\d{12}):/.exec(arn)?.[1];
  }

  /** Undefined when STS does not answer. */
  async account(signal: AbortSignal): Promise<string | undefined> {
    await untilAborted(this.#ask(), signal);
    return this.#known;
  }

  /**
   * The account if it can be learned within a short wait. If STS has been silent before, without
   * any wait.
   */
  async accountSoon(): Promise<string | undefined> {
    if (this.#known !== undefined) return this.#known;
    const wasSilent = this.#failedAtMs !== undefined;
    const asked = this.#ask();
    if (!wasSilent) {
      // All callers share the question, so the first caller's signal must not end it.
      const never = sharedAbortController().signal;
      await within(patienceMs, this.#clock, never, (late) => untilAborted(asked, late)).catch(
        () => undefined,
      );
    }
    return this.#known;
  }

  async #ask(): Promise<void> {
    if (this.#known !== undefined) return;
    const nowMs = this.#clock.monotonicMs();
    if (this.#failedAtMs !== undefined && nowMs - this.#failedAtMs < failureKeptMs) return;
    this.#asking ??= this.#askOnce().finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  async #askOnce(): Promise<void> {
    const never = sharedAbortController().signal; // as above
    const answer = await this.#calls
      .once('GetCallerIdentity', 'sts', never, (abortSignal) =>
        this.#sts.send(new GetCallerIdentityCommand({}), { abortSignal }),
      )
      .catch(() => undefined);
    this.#known ??= answer?.Account;
    this.#failedAtMs = this.#known === undefined ? this.#clock.monotonicMs() : undefined;
  }
}

/** Stops waiting at the signal. The question continues for other callers. */
async function untilAborted(asked: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const detach = whenAborted(signal, () => reject(toError(signal.reason)));
    void asked.then(resolve, reject).finally(detach);
  });
}
