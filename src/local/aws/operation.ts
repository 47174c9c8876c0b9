import type { Account } from './account.ts';
import type { AwsCall } from './wire/wire.ts';

export type Output = Readonly<Record<string, unknown>>;

/** The parts of a call that are not in its input. */
export interface CallContext {
  readonly call: AwsCall;
  /** A fault asks for the state of this long ago. 0: now. */
  readonly staleMs: number;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/** One operation: takes the raw input and the account, returns the answer's members. */
export type Operation = (
  input: Output,
  account: Account,
  context: CallContext,
) => Output | Promise<Output>;

/** Keyed by `service:Operation`. */
export type Operations = Readonly<Record<string, Operation>>;
