import { diagnose, type Diagnosis, type TaskFate } from '../../core/diagnosis/diagnosis.ts';
import { endStory } from '../../core/diagnosis/end-story.ts';
import { verdictFor } from '../../core/task/verdict.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { ContainerOutput } from '../output/container-output.ts';
import type { TaskEnd } from '../ports/task-follower.ts';
import type { ClaimsTasks } from '../states/void-claims.ts';

/** A task that ended, and what else is known of it. */
export interface EndedTask {
  readonly end: TaskEnd;
  /** Undefined: the task was never found. */
  readonly taskArn: string | undefined;
  readonly containerName: string;
  readonly output: Pick<ContainerOutput, 'link'>;
  /** Where to look for tasks of the run's other claims; undefined: no need to look. */
  readonly tasks?: ClaimsTasks;
  /** The message to report if a cancellation stopped the task. */
  readonly cancelled?: string | undefined;
}

/**
 * Why a task died, what to do, and where to look. `lastLines`: of its container, if they were read.
 */
export function explainEnd(ended: EndedTask, lastLines?: readonly string[]): string {
  const { end, taskArn, containerName, output } = ended;
  const task = taskOf(end);
  return endStory(diagnosisOf(ended, lastLines), {
    taskArn,
    task,
    containerName,
    logsLink: output.link,
  });
}

export function diagnosisOf(
  { end, containerName }: Pick<EndedTask, 'end' | 'containerName'>,
  lastLines?: readonly string[],
): Diagnosis {
  return diagnose(taskOf(end), { containerName, fate: fateOf(end, containerName), lastLines });
}

/** Whether its container ever ran, and so may have logged something. */
export function hasRun({ end, containerName }: Pick<EndedTask, 'end' | 'containerName'>): boolean {
  if (end.kind === 'start-timed-out') return false;
  if (end.kind === 'vanished') return true;
  return verdictFor(end.task, containerName, end.wasRunning).kind !== 'never-started';
}

function taskOf(end: TaskEnd): EcsTask | undefined {
  return end.kind === 'stopped' ? end.task : end.lastSeen;
}

function fateOf(end: TaskEnd, containerName: string): TaskFate {
  switch (end.kind) {
    case 'vanished':
      return { kind: 'vanished' };
    case 'start-timed-out':
      return {
        kind: 'start-timed-out',
        elapsedSeconds: end.elapsedSeconds,
        lastStatus: end.lastSeen?.lastStatus ?? 'UNKNOWN',
      };
    case 'stopped': {
      const verdict = verdictFor(end.task, containerName, end.wasRunning);
      // The container exited with 0, but its run is crashed all the same.
      return { kind: verdict.kind === 'exited' && verdict.exitCode === 0 ? 'zombie' : 'stopped' };
    }
  }
}
