import { defaultContainerName } from '../plan/prefect-container.ts';
import { diagnose } from '../diagnosis/diagnosis.ts';
import { crashMessageForExitCode } from '../diagnosis/exit-code.ts';
import type { EcsTask } from '../task/task.ts';
import type { TaskEventDetail } from './task-event.ts';
import { verdictFor } from '../task/verdict.ts';

/**
 * ECS's account of the end of a task that one of our workers launched but this process does not
 * follow.
 */
export type MarkedTaskEnd =
  | { readonly kind: 'crashed'; readonly message: string; readonly containerName: string }
  /** Exited with 0, or never started for a temporary reason: left to its follower. */
  | { readonly kind: 'left'; readonly why: string };

/**
 * Judges a task as its follower would, in the same words: which of several workers receives an
 * event is chance (worker.md 10.7). A task that found no capacity is left to its follower, which
 * may be waiting to relaunch it.
 */
export function endOfMarkedTask(task: EcsTask, detail: TaskEventDetail): MarkedTaskEnd {
  const containerName = containerNameIn(detail);
  const verdict = verdictFor(task, containerName, false);
  switch (verdict.kind) {
    case 'exited':
      if (verdict.exitCode === 0) return { kind: 'left', why: 'it exited with 0' };
      return { kind: 'crashed', message: crashMessageForExitCode(verdict.exitCode), containerName };
    case 'no-exit-code':
      return { kind: 'crashed', message: crashMessageForExitCode(-1), containerName };
    case 'never-started': {
      const { canHeal } = diagnose(task, { containerName, fate: { kind: 'stopped' } });
      if (canHeal) return { kind: 'left', why: 'it never started, which may heal' };
      const message = `Failed to submit flow run to infrastructure: ${verdict.errorName}: ${verdict.reason}`;
      return { kind: 'crashed', message, containerName };
    }
  }
}

/**
 * The flow's container, as far as the task shows it: the one that is told its run, else the only
 * overridden one, else `prefect`, else the first.
 */
export function containerNameIn({ containers, overrides }: TaskEventDetail): string {
  const told =
    overrides.find((override) => override.namesFlowRun)?.name ??
    (overrides.length === 1 ? overrides[0]?.name : undefined);
  const names = containers.map((container) => container.name);
  const known = [told, defaultContainerName].find(
    (name) => name !== undefined && names.includes(name),
  );
  return known ?? names[0] ?? defaultContainerName;
}
