import type { Clock } from '../../../kernel/clock.ts';
import type { LocalAwsDeps } from '../deps.ts';
import type { Task, TaskState } from './task.ts';

/**
 * The task as a read sees it: nothing right after RunTask, later the state of `staleMs`
 * milliseconds ago (aws-ecs.md B.4.1).
 */
export function visibleState(
  task: Task,
  staleMs: number,
  { consistency, clock }: Pick<LocalAwsDeps, 'consistency' | 'clock'>,
): TaskState | undefined {
  const age = ageMs(task, clock);
  const behindMs = Math.max(consistency.staleMs, staleMs);
  if (age < consistency.missingMs || (behindMs > 0 && age < behindMs)) return undefined;
  const asOfMs = clock.now().getTime() - behindMs;
  if (task.state.updatedAt.getTime() <= asOfMs) return task.state;
  const history = task.history ?? [];
  return (
    history.findLast((state) => state.updatedAt.getTime() <= asOfMs) ?? history[0] ?? task.state
  );
}

export function ageMs({ state }: Task, clock: Clock): number {
  return clock.now().getTime() - state.times.createdAt.getTime();
}
