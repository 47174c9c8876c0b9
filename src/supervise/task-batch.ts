import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { AwsSession } from '../run/ports.ts';
import type { RunStates } from '../run/run-states.ts';
import type { TaskFact } from './watch.ts';

/** Tasks that can be asked for together: one cluster, one region, one set of credentials. */
export interface TaskBatch {
  readonly session: AwsSession;
  readonly cluster: string;
  /** ARNs followed now, those that wait for their start first. */
  taskArns(): readonly string[];
  /** The shortest interval that any of them asks for. */
  intervalMs(): number;
  tell(taskArn: string, fact: TaskFact): Promise<void>;
}

export interface SupervisorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly runStates: RunStates;
  readonly log: Logger;
}
