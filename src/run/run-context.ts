import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { WorkPool } from '../core/prefect/work-pool.ts';
import type { Clock } from '../kernel/clock.ts';
import type { LoopShare } from '../kernel/loop-share.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { ActiveRun, ActiveRuns } from './shared/active-runs.ts';
import type { Breaker } from './shared/breaker.ts';
import type { WaitingRuns } from './shared/waiting-runs.ts';
import type { Capacity } from './shared/capacity-queue.ts';
import type { Notices } from './shared/notices.ts';
import type { Definitions } from './shared/task-definitions.ts';
import type { JobReads } from './shared/cached-reads.ts';
import type { Leases } from './shared/leases.ts';
import type { ReadinessReasons } from './ports/readiness-reasons.ts';
import type { PrefectApi } from './ports/prefect-api.ts';
import type { Aws, OutputLine } from './ports/aws.ts';
import type { FlowRunReader } from './shared/flow-run-reader.ts';
import type { WorkerIdentity } from './ports/worker-identity.ts';
import type { RunSettings } from './ports/run-settings.ts';
import type { TaskFollower } from './ports/task-follower.ts';
import type { OutputStreams } from './ports/output-streams.ts';
import type { StopSignals } from './ports/stop-signals.ts';
import type { Looks } from './states/looks.ts';
import type { LateChecks } from './states/late-checks.ts';
import type { VoidClaims } from './states/void-claims.ts';
import type { StopLane } from './shared/stop-lane.ts';
import type { TaskReader } from './shared/task-reader.ts';

/** One flow run that this process holds, and what all its steps share. */
export interface RunContext {
  readonly flowRun: FlowRun;
  readonly ports: RunPorts;
  readonly signals: StopSignals;
  readonly log: Logger;
  readonly active: ActiveRun;
  /** Disposed of when the task has stopped, or when there will be no task. */
  readonly slot: Disposable;
  /** Called when RunTask has answered: if a later poll offers the run, that means a new claim. */
  readonly submitted: () => void;
}

/** Everything that a run needs from outside. */
export interface RunPorts {
  readonly prefect: PrefectApi;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly random: Random;
  readonly judge: 'us';
  /** The pool as it is now. A run that has begun keeps the pool that it began with. */
  readonly workPool: () => WorkPool;
  readonly worker: () => WorkerIdentity;
  readonly settings: () => RunSettings;
  /**
   * Pauses between computations: within bounds, users can make a run's job as large as they like.
   */
  readonly loop: Pick<LoopShare, 'pause'>;
  /**
   * The flow run's own logger: console and the run's log in Prefect. `prefect`: only the latter,
   * for lines that are already on the console.
   */
  readonly logFor: (flowRun: FlowRun, logger?: string, to?: 'everywhere' | 'prefect') => Logger;
  readonly workerLog: Logger;
  readonly readiness: ReadinessReasons;
  /**
   * Counts a run that this process no longer holds against the limit, until the given promise
   * resolves.
   */
  readonly holdSlot: (
    flowRunId: string,
    untilStopped: (signal: AbortSignal) => Promise<void>,
  ) => void;
  /** Runs whose end Prefect has not accepted yet. */
  readonly unreported: WaitingRuns;
  /** Cancelled runs without a follower whose tasks could not be stopped yet. */
  readonly unstopped: WaitingRuns;
  readonly reads: JobReads;
  readonly definitions: Definitions;
  readonly flowRuns: FlowRunReader;
  readonly looks: Looks;
  readonly lateChecks: LateChecks;
  readonly voidClaims: VoidClaims;
  readonly stops: StopLane;
  readonly taskReader: TaskReader;
  /** This process dropped a run that may still be its own: look at it again in a minute. */
  readonly takeUpAgain: (flowRunId: string) => void;
  /**
   * The run was claimed before and may have been cancelled in between: stops older tasks of it,
   * without waiting.
   */
  readonly stopOlderTasks: (flowRunId: string) => void;
  readonly follower: TaskFollower;
  readonly active: ActiveRuns;
  readonly leases: Leases;
  readonly outputs: OutputStreams;
  /** Prints a line of a container's output. */
  readonly showOutput: (flowRun: FlowRun) => (line: OutputLine) => void;
  readonly capacity: Capacity;
  readonly breaker: Breaker;
  readonly notices: Notices;
}
