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

/** One flow run that this process has in hand, and what all its steps share. */
export interface RunContext {
  readonly flowRun: FlowRun;
  readonly ports: RunPorts;
  readonly signals: StopSignals;
  readonly log: Logger;
  readonly active: ActiveRun;
  /** Disposed of when the task has stopped, or when there will be none. */
  readonly slot: Disposable;
  /**
   * Told when RunTask has answered: from then on a poll that shows the run again means a new claim.
   */
  readonly submitted: () => void;
}

/** All that the run of one flow run needs from outside. */
export interface RunPorts {
  readonly prefect: PrefectApi;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly random: Random;
  readonly judge: 'us';
  /** The pool as it is now; a run that has begun keeps what it saw. */
  readonly workPool: () => WorkPool;
  readonly worker: () => WorkerIdentity;
  readonly settings: () => RunSettings;
  /** For what is computed for a run: users make it as long as they like, within bounds. */
  readonly loop: Pick<LoopShare, 'pause'>;
  /** The flow run's own logger: console, and Prefect's log of the run. */
  /** `prefect`: its lines stand on the console already. */
  readonly logFor: (flowRun: FlowRun, logger?: string, to?: 'everywhere' | 'prefect') => Logger;
  readonly workerLog: Logger;
  readonly readiness: ReadinessReasons;
  /**
   * Counts a run against the limit although it is not in hand any more, until what is given
   * resolves.
   */
  readonly holdSlot: (
    flowRunId: string,
    untilStopped: (signal: AbortSignal) => Promise<void>,
  ) => void;
  /** Runs whose end Prefect has not taken yet. */
  readonly unreported: WaitingRuns;
  /** Runs whose tasks nobody follows, and that could not be stopped yet. */
  readonly unstopped: WaitingRuns;
  readonly reads: JobReads;
  readonly definitions: Definitions;
  readonly flowRuns: FlowRunReader;
  readonly looks: Looks;
  readonly lateChecks: LateChecks;
  readonly voidClaims: VoidClaims;
  readonly stops: StopLane;
  readonly taskReader: TaskReader;
  /** A run was let fall that may still be ours: it is looked at again in a minute. */
  readonly takeUpAgain: (flowRunId: string) => void;
  /**
   * The run was claimed before, and may have been cancelled in between: older tasks of it are
   * stopped, in time.
   */
  readonly stopOlderTasks: (flowRunId: string) => void;
  readonly follower: TaskFollower;
  readonly active: ActiveRuns;
  readonly leases: Leases;
  readonly outputs: OutputStreams;
  /** Where a line of a container's output is shown. */
  readonly showOutput: (flowRun: FlowRun) => (line: OutputLine) => void;
  readonly capacity: Capacity;
  readonly breaker: Breaker;
  readonly notices: Notices;
}
