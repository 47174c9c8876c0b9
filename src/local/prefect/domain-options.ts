import type { ConcurrencyOptions } from './records.ts';
import type { StateFacts } from './state.ts';

type Document = Readonly<Record<string, unknown>>;

export interface PoolOptions {
  readonly type?: string;
  readonly baseJobTemplate?: Document;
  readonly concurrencyLimit?: number;
  readonly isPaused?: boolean;
}

export interface DeploymentOptions {
  readonly flow?: string;
  readonly name?: string;
  readonly pool: string;
  readonly queue?: string;
  readonly jobVariables?: Document;
  readonly parameters?: Document;
  readonly tags?: readonly string[];
  readonly entrypoint?: string;
  readonly pullSteps?: readonly Document[];
  readonly concurrencyLimit?: number;
  readonly concurrencyOptions?: ConcurrencyOptions;
}

export interface ScheduleOptions {
  /** Seconds from now, possibly negative. Default: 0. */
  readonly inSeconds?: number;
  /** ISO 8601; wins over `inSeconds`. */
  readonly at?: string;
  readonly name?: string;
  readonly parameters?: Document;
  readonly jobVariables?: Document;
  readonly tags?: readonly string[];
  readonly retries?: number;
  readonly retryDelaySeconds?: number;
}

export interface StateOptions {
  readonly force?: boolean;
  readonly name?: string;
  readonly message?: string;
  /** The version of the proposing client. Default: the engine's, which keeps leases alive. */
  readonly clientVersion?: string;
  readonly details?: StateFacts['state_details'];
  readonly data?: unknown;
}
