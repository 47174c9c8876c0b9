import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { AwsSession } from '../../run/ports/aws.ts';
import type { ReadinessReasons } from '../../run/ports/readiness-reasons.ts';
import type { LaunchedTask } from '../../run/ports/task-follower.ts';
import type { FlowRunReader } from '../../run/shared/flow-run-reader.ts';
import type { EventReliability } from '../queue/event-reliability.ts';
import type { TaskFact, Watch } from './watch.ts';
import type { Looks } from '../../run/states/looks.ts';
import type { StopLane } from '../../run/shared/stop-lane.ts';

/** What a round needs to know about its batch, collected in one pass. */
export interface BatchFacts {
  /** The followed tasks, those that have not started yet first. */
  readonly taskArns: readonly string[];
  /** The shortest poll interval of any task. */
  readonly intervalMs: number;
  /**
   * The earliest start deadline of any task. Infinity: none is waiting to start under a deadline.
   */
  readonly startDeadlineMs: number;
}

/** Tasks that one call can describe together: one cluster, one region, one set of credentials. */
export interface TaskBatch {
  readonly session: AwsSession;
  readonly cluster: string;
  facts(): BatchFacts;
  /** What is known of the task. Undefined: it is not followed any more. */
  watchOf(taskArn: string): Watch | undefined;
  /** The log of the task's flow run. Undefined: the task is not followed any more. */
  logOf(taskArn: string): Logger | undefined;
  /**
   * Passes all facts of one answer at once. A promise for each task would be the most expensive
   * part of a round.
   */
  report(facts: readonly (readonly [taskArn: string, fact: TaskFact])[]): void;
  /** A call to ECS has been sent. */
  asking(askedAtMs: number): void;
  /** ECS answered a call about these tasks, and the facts were reported. */
  answered(taskArns: readonly string[], askedAtMs: number): void;
}

export interface SupervisorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly flowRuns: FlowRunReader;
  readonly looks: Looks;
  readonly stops: StopLane;
  readonly log: Logger;
  readonly readiness: ReadinessReasons;
  readonly reliability: EventReliability;
  /** Called once for a task whose Spot capacity AWS is taking back. */
  readonly onSpotNotice: (task: LaunchedTask, seen: EcsTask) => void;
}
