import { diagnose, type Diagnosis, type TaskFate } from '../../core/diagnosis/diagnosis.ts';
import { endStory } from '../../core/diagnosis/end-story.ts';
import { verdictFor } from '../../core/task/verdict.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { ContainerOutput } from '../output/container-output.ts';
import type { TaskEnd } from '../ports/task-follower.ts';
import type { ClaimsTasks } from '../states/void-claims.ts';

/** A task that ended, and what is known of it beside its end. */
export interface EndedTask {
  readonly end: TaskEnd;
  /** Undefined: it was never found. */
  readonly taskArn: string | undefined;
  readonly containerName: string;
  readonly output: Pick<ContainerOutput, 'link'>;
  /** Where tasks of the run's other claims are looked for; undefined: nobody has to. */
  readonly tasks?: ClaimsTasks;
  /** What is said of the run if its cancellation stopped the task. */
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

/** Whether its container was ever there to say something. */
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
      // Its container ended well, and its run is crashed all the same.
      return { kind: verdict.kind === 'exited' && verdict.exitCode === 0 ? 'zombie' : 'stopped' };
    }
  }
}
