import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { sharedAbortController } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { within } from '../kernel/deadline.ts';
import type { Calls } from './calls.ts';

/** How long the first calls wait to learn whose limits they count against. */
const patienceMs = 3_000;

/** Which account a set of credentials belongs to. Needs no permission, but a way to STS, which not every network has. */
export class Identity {
  readonly #sts: STSClient;
  readonly #calls: Calls;
  readonly #clock: Clock;
  #known: string | undefined;
  #asked: Promise<void> | undefined;

  /** `calls`: those of the credentials alone, which ask nobody for an account. */
  constructor(sts: STSClient, calls: Calls, clock: Clock) {
    this.#sts = sts;
    this.#calls = calls;
    this.#clock = clock;
  }

  /** Undefined when STS does not say. */
  async account(signal: AbortSignal): Promise<string | undefined> {
    if (this.#known !== undefined) return this.#known;
    try {
      const identity = await this.#calls.repeated('GetCallerIdentity', 'sts', signal, this.#send);
      this.#known = identity.Account;
    } catch {
      signal.throwIfAborted();
    }
    return this.#known;
  }

  /** The account as far as it can be learned without much waiting; STS is asked once. */
  async accountSoon(): Promise<string | undefined> {
    if (this.#known === undefined) await (this.#asked ??= this.#askWithin(patienceMs));
    return this.#known;
  }

  readonly #send = (abortSignal: AbortSignal) =>
    this.#sts.send(new GetCallerIdentityCommand({}), { abortSignal });

  async #askWithin(ms: number): Promise<void> {
    const never = sharedAbortController().signal; // shared by all who call: it must not die with the first
    const asked = within(ms, this.#clock, never, (signal) =>
      this.#calls.once('GetCallerIdentity', 'sts', signal, this.#send),
    );
    this.#known = await asked.then(
      (identity) => identity.Account,
      () => undefined,
    );
  }
}
