import type { FlowRun } from './flow-run.ts';
import type { Json } from '../../kernel/json.ts';

/** One run of a poll's answer. */
export interface ScheduledFlowRun<Run> {
  readonly workQueueId: string | undefined;
  readonly flowRun: Run;
}

/** What is polled for. */
export interface ScheduledQuery {
  readonly workPoolName: string;
  readonly workQueueNames: readonly string[];
  /** Undefined: however far ahead. */
  readonly scheduledBefore: Date | undefined;
  /** ISO time; those of that very instant are included. */
  readonly scheduledAfter?: string | undefined;
}

/** A poll's answer. */
export interface ScheduledPage<Run> {
  readonly runs: readonly ScheduledFlowRun<Run>[];
  /**
   * The runs are so large that fewer were asked for than a page holds: others may be due behind
   * them.
   */
  readonly isCut: boolean;
}

/**
 * Runs that were asked for by id. What is not among them does not exist, unless it could not be
 * read.
 */
export interface FlowRunsAnswer {
  readonly runs: readonly FlowRun[];
  /** Why, by id. */
  readonly unreadable: ReadonlyMap<string, Error>;
  /**
   * Something came that cannot be read and names no id: it may be any of those that are missing.
   */
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
  /** 0 to 999, after the timestamp's milliseconds: keeps the order of lines of one millisecond. */
  readonly microsecond: number;
  readonly flowRunId: string;
}

/** Which runs to read. Absent keys do not restrict; an empty list matches nothing. */
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

/** A Prefect variable's value, or that there is none of that name. */
export type VariableAnswer =
  | { readonly kind: 'found'; readonly value: Json }
  | { readonly kind: 'missing' };

export interface HeartbeatAnswer {
  /** Told on Prefect Cloud; a self-hosted server never tells it. */
  readonly workerId: string | undefined;
  /** Else a heartbeat of ours may still be on its way. */
  readonly isFirstAttempt: boolean;
}
