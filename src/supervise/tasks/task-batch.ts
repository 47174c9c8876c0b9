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

/** What a round needs to know of its batch, gathered in one pass. */
export interface BatchFacts {
  /** ARNs followed now, those that wait for their start first. */
  readonly taskArns: readonly string[];
  /** The shortest interval that any of them asks for. */
  readonly intervalMs: number;
  /**
   * When the first of them should have started; Infinity: none waits for its start, or may for
   * ever.
   */
  readonly startDeadlineMs: number;
}

/** Tasks that can be asked for together: one cluster, one region, one set of credentials. */
export interface TaskBatch {
  readonly session: AwsSession;
  readonly cluster: string;
  facts(): BatchFacts;
  /** What is known of the task; undefined: it is no longer followed. */
  watchOf(taskArn: string): Watch | undefined;
  /** Of the task's flow run; undefined: it is no longer followed. */
  logOf(taskArn: string): Logger | undefined;
  /**
   * One answer's facts, all at once: a promise a task would be the most expensive part of a round.
   */
  report(facts: readonly (readonly [taskArn: string, fact: TaskFact])[]): void;
  /** ECS is asked, from then on. */
  asking(askedAtMs: number): void;
  /** ECS has answered a question about these; what it says was reported. */
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
  /** Told once of a task whose Spot capacity is being taken back. */
  readonly onSpotNotice: (task: LaunchedTask, seen: EcsTask) => void;
}
