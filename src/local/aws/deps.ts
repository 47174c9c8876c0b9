import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import type { Agenda } from './agenda.ts';
import type { TaskExecutor } from './ecs/executor.ts';
import type { EventFaults } from './faults/event-faults.ts';
import type { FargateCapacity } from './capacity/fargate-capacity.ts';
import type { LogFaults } from './faults/log-faults.ts';
import type { NetworkFixtures } from './ec2/network.ts';
import type { TaskDelays } from './ecs/task-delays.ts';
import type { TaskFaults } from './faults/task-faults.ts';
import type { Caller } from './wire/wire.ts';

/**
 * What reads show right after a change (aws-ecs.md B.4.1). All zero: every change is visible at
 * once.
 */
export interface Consistency {
  /** For this long after RunTask, DescribeTasks answers MISSING and ListTasks omits the task. */
  readonly missingMs: number;
  /**
   * For this long after RunTask, ListTasks omits the task, although DescribeTasks may return it.
   */
  readonly unlistedMs: number;
  /**
   * For this long after RunTask, StopTask answers that the task does not exist, although it runs
   * on.
   */
  readonly unstoppableMs: number;
  /** DescribeTasks and ListTasks answer with the state of this long ago. */
  readonly staleMs: number;
}

export const allAtOnce: Consistency = { missingMs: 0, unlistedMs: 0, unstoppableMs: 0, staleMs: 0 };

/** Issues temporary keys for all accounts, because a role may belong to another account. */
export interface SessionGiver {
  assume(
    input: Readonly<Record<string, unknown>>,
    by: Caller,
    random: Random,
  ): Readonly<Record<string, unknown>>;
}

export interface LocalAwsDeps {
  readonly clock: Clock;
  /** Each account has its own sequence, so that accounts do not change each other's. */
  readonly random: Random;
  /** The sequence that faults draw from: the account's, or a separate one. */
  readonly faultRandom: Random;
  readonly agenda: Agenda;
  readonly executor: TaskExecutor;
  readonly log: Logger;
  readonly delays: TaskDelays;
  readonly consistency: Consistency;
  /** True while a read may ask for an older state. */
  readonly keepsHistory: () => boolean;
  /** How long a stopped task can still be described. */
  readonly stoppedTaskRetentionMs: number;
  /**
   * How long a registration takes. Meanwhile another registration of the family is refused
   * (aws-ecs.md B.5.3).
   */
  readonly registrationMs: number;
  /** How long a task waits in PROVISIONING for room on instances. */
  readonly provisioningTimeoutMs: number;
  readonly clusters: readonly string[];
  readonly network: NetworkFixtures | undefined;
  readonly fargate: FargateCapacity;
  /** How many tasks of a cluster may wait in PROVISIONING. */
  readonly provisioningQuota: () => number;
  readonly taskFaults: TaskFaults;
  readonly eventFaults: EventFaults;
  readonly logFaults: LogFaults;
  readonly sessions: SessionGiver;
}
