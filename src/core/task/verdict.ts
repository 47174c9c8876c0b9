import type { EcsTask } from './task.ts';

/**
 * What a stopped task means for its run: a failed submission if it never ran, else its exit code
 * (worker.md 9.3, 9.5).
 */
export type Verdict =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** It stopped before it ran: a failed submission, named by ECS's stop code. */
  | { readonly kind: 'never-started'; readonly errorName: string; readonly reason: string }
  | { readonly kind: 'no-exit-code' };

/**
 * Judges a STOPPED task. A container with an exit code did run, even if the task was never seen
 * RUNNING: it may have started and stopped between two polls (worker.md Q18).
 */
export function verdictFor(task: EcsTask, containerName: string, wasRunning: boolean): Verdict {
  const container = task.containers.find((candidate) => candidate.name === containerName);
  if (container?.exitCode !== undefined) return { kind: 'exited', exitCode: container.exitCode };
  if (wasRunning || task.startedAt !== undefined) return { kind: 'no-exit-code' };
  return {
    kind: 'never-started',
    errorName: task.stopCode ?? 'RuntimeError',
    reason: task.stoppedReason ?? 'unknown reason',
  };
}
