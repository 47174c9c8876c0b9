import type { Random } from '../../../kernel/random.ts';
import {
  isSaidByContainer,
  startFailures,
  type Incident,
  type StartFailureName,
  type TaskCourse,
} from '../ecs/course.ts';
import { FaultRules, type Occasion } from './fault-rules.ts';

export type TaskFault =
  /** A start failure of aws-ecs.md B.2 by name, or the full reason. */
  | {
      readonly kind: 'start-failure';
      readonly failure: StartFailureName | { readonly reason: string };
    }
  /** This much longer in PENDING, where the image is pulled. */
  | { readonly kind: 'slow-start'; readonly ms: number }
  | Incident;

/** A fault of tasks, decided when RunTask accepts them. */
export interface TaskFaultRule extends Occasion {
  readonly task: TaskFault;
  /** Only tasks of this family, or with this `startedBy`. Default: all. */
  readonly family?: string;
  readonly startedBy?: string;
}

export interface FaultedTask {
  readonly family: string;
  readonly startedBy: string | undefined;
  /** The container that reports why it could not start. */
  readonly firstContainer: string;
}

/** The rules for tasks, and the course that they give to a new task. */
export class TaskFaults extends FaultRules<TaskFaultRule> {
  /**
   * The course of a new task under the rules. `pendingMs`: how long it would be PENDING without
   * them.
   */
  courseFor(task: FaultedTask, pendingMs: number, random: Random): TaskCourse {
    const rule = this.choose(
      ({ family, startedBy }) =>
        (family === undefined || family === task.family) &&
        (startedBy === undefined || startedBy === task.startedBy),
      random,
    );
    return rule === undefined ? {} : courseOf(rule.task, task, pendingMs);
  }
}

function courseOf(fault: TaskFault, task: FaultedTask, pendingMs: number): TaskCourse {
  switch (fault.kind) {
    case 'start-failure': {
      const { failure } = fault;
      const known =
        typeof failure === 'string'
          ? startFailures[failure]
          : { ...failure, during: 'ACTIVATING' as const };
      return {
        startFailure: {
          ...known,
          ...(isSaidByContainer(known.reason) && { containerName: task.firstContainer }),
        },
      };
    }
    case 'slow-start':
      return { delays: { pending: pendingMs + fault.ms } };
    case 'out-of-memory':
    case 'spot-interruption':
    case 'host-retired':
    case 'host-lost':
    case 'vanish':
      return { incidents: [fault] };
  }
}
