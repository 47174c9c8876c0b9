import type { Account } from './account.ts';
import type { AwsCall } from './wire/wire.ts';

export type Output = Readonly<Record<string, unknown>>;

/** What of a call is not in its input. */
export interface CallContext {
  readonly call: AwsCall;
  /** A fault asks for what was true so long ago; 0: now. */
  readonly staleMs: number;
  /** Aborts when the client gives up. */
  readonly signal: AbortSignal;
}

/** One operation: its input off the wire, the account it is for, and the answer's members. */
export type Operation = (
  input: Output,
  account: Account,
  context: CallContext,
) => Output | Promise<Output>;

/** By `service:Operation`. */
export type Operations = Readonly<Record<string, Operation>>;
