import type { FlowRun } from './flow-run.ts';
import type { Json } from '../../kernel/json.ts';

/** One run in the answer to a poll. */
export interface ScheduledFlowRun<Run> {
  readonly workQueueId: string | undefined;
  readonly flowRun: Run;
}

/** The parameters of a poll. */
export interface ScheduledQuery {
  readonly workPoolName: string;
  readonly workQueueNames: readonly string[];
  /** Undefined: without a limit. */
  readonly scheduledBefore: Date | undefined;
  /** ISO time, inclusive. */
  readonly scheduledAfter?: string | undefined;
}

/** The answer to a poll. */
export interface ScheduledPage<Run> {
  readonly runs: readonly ScheduledFlowRun<Run>[];
  /** The runs are so large that fewer than a page were requested: others may be due behind them. */
  readonly isCut: boolean;
}

/** Runs requested by id. A missing one does not exist, unless it was unreadable. */
export interface FlowRunsAnswer {
  readonly runs: readonly FlowRun[];
  /** The reasons, by id. */
  readonly unreadable: ReadonlyMap<string, Error>;
  /** The answer had an unreadable run without an id, which may be any of the missing ones. */
  readonly nameless: Error | undefined;
}

/**
 * One log line of a flow run. `level` is Prefect's number: 10 debug, 20 info, 30 warning, 40 error,
 * 50 critical (prefect-api.md 6).
 */
export interface RunLogEntry {
  readonly logger: string;
  readonly level: number;
  readonly message: string;
  readonly timestamp: Date;
  /**
   * 0 to 999, below the timestamp's milliseconds. Keeps the order of lines within one millisecond.
   */
  readonly microsecond: number;
  readonly flowRunId: string;
}

/** Selects runs. Absent keys do not restrict; an empty list matches nothing. */
export interface FlowRunFilter {
  readonly ids?: readonly string[];
  readonly stateTypes?: readonly string[];
  readonly stateNames?: readonly string[];
  readonly workPoolName?: string;
  readonly workQueueNames?: readonly string[];
  readonly neverStarted?: boolean;
  /** ISO time: only runs that ended after it. */
  readonly endedAfter?: string;
}

/** The value of a Prefect variable, or that it does not exist. */
export type VariableAnswer =
  | { readonly kind: 'found'; readonly value: Json }
  | { readonly kind: 'missing' };

export interface HeartbeatAnswer {
  /** Returned by Prefect Cloud, never by a self-hosted server. */
  readonly workerId: string | undefined;
  /** False: one of our heartbeats may still be on its way. */
  readonly isFirstAttempt: boolean;
}
