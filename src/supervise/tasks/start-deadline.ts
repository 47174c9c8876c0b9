import { awaitedProvider, ownProviderOf } from '../../core/task/own-provider.ts';
import { rankOf } from '../../core/task/task-phase.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { StartLimits } from '../../run/ports/task-follower.ts';

/** When a task must have started, and which of the two waits this time limits. */
export interface StartDeadline {
  readonly atMs: number;
  readonly seconds: number;
  readonly of: 'launch' | 'instance' | 'placed';
}

/** The deadline until the first answer of ECS arrives. */
export function deadlineOfLaunch(launchedAtMs: number, limits: StartLimits): StartDeadline {
  return deadline('launch', launchedAtMs, limits.timeoutSeconds, limits);
}

/**
 * The deadline after an answer of ECS. On Fargate it does not change. A task that waits for an
 * instance waits for capacity, so its start timeout counts from the first answer in which it no
 * longer does; counted from the launch, a scale-out would crash healthy runs (worker.md 9.3).
 */
export function deadlineBy(
  task: EcsTask,
  known: {
    readonly launchedAtMs: number;
    readonly deadline: StartDeadline;
    readonly limits: StartLimits;
  },
  askedAtMs: number,
): StartDeadline {
  const { launchedAtMs, limits } = known;
  if (ownProviderOf(task) === undefined || known.deadline.of === 'placed') return known.deadline;
  if (awaitedProvider(task) !== undefined) {
    const seconds = Math.max(limits.capacitySeconds, limits.timeoutSeconds);
    return known.deadline.of === 'instance'
      ? known.deadline
      : deadline('instance', launchedAtMs, seconds, limits);
  }
  // A fact without the time of its question cannot date the change.
  const isDated = Number.isFinite(askedAtMs) && rankOf(task.lastStatus) > rankOf('PROVISIONING');
  return isDated ? deadline('placed', askedAtMs, limits.timeoutSeconds, limits) : known.deadline;
}

function deadline(
  of: StartDeadline['of'],
  sinceMs: number,
  seconds: number,
  { judgedFromMs }: StartLimits,
): StartDeadline {
  return { of, seconds, atMs: Math.max(sinceMs + seconds * 1000, judgedFromMs) };
}
