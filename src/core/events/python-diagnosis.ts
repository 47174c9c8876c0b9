import { pyRepr } from '../job/py-repr.ts';
import type { EventContainer, TaskEventDetail } from './task-event.ts';

/**
 * What the Python observer says of a dead task. Level, summary and detail are its words: users
 * match them.
 */
export interface PythonDiagnosis {
  readonly level: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  /** Our words, with the content of the contract. */
  readonly resolution: string;
}

export function hasFailed(container: EventContainer): boolean {
  return container.exitCode !== 0;
}

/**
 * Diagnosis of a STOPPED task from its event alone; the first match wins. Summary and detail are
 * Python's to the letter, because alerts match on them (worker.md 10.10).
 */
export function pythonDiagnosis(detail: TaskEventDetail): PythonDiagnosis | undefined {
  if (detail.lastStatus !== 'STOPPED') return undefined;
  const { stopCode, stoppedReason } = detail;
  if (stoppedReason?.includes('CannotPullContainerError') === true) {
    return {
      level: 'error',
      summary: 'Container image pull failed',
      detail: stoppedReason,
      resolution:
        'Check that the image exists and that its URI is written right. For a private registry, the execution role ' +
        'must be allowed to pull from it, or the container definition needs repository credentials.',
    };
  }
  if (stopCode === 'TaskFailedToStart') {
    return {
      level: 'error',
      summary: 'ECS task failed to start',
      detail: stoppedReason ?? 'Task failed to start (no additional detail).',
      resolution:
        'Read the stopped reason first. It is mostly a resource limit, a missing IAM permission or the network: ' +
        "review the policies of the task's role and of its execution role, its subnets and its security groups.",
    };
  }
  if (stopCode === 'EssentialContainerExited') {
    return {
      level: wasTerminated(detail.containers) ? 'warning' : 'error',
      summary: 'Essential container exited',
      detail: exitCodesIn(detail.containers),
      resolution:
        "Read the container's log. An error of the program must be mended there; a container that was killed may need " +
        'more memory or CPU.',
    };
  }
  return detail.containers.some(hasFailed) ? fromExitCodes(detail.containers) : undefined;
}

function fromExitCodes(containers: readonly EventContainer[]): PythonDiagnosis {
  if (wasTerminated(containers)) {
    return {
      level: 'warning',
      summary: 'Task terminated by infrastructure',
      detail: exitCodesIn(containers),
      resolution:
        'ECS or the platform below it ended the task: a Spot interruption, a scaling activity or a manual stop. ' +
        'CloudTrail (StopTask) and the events of the service say which.',
    };
  }
  return {
    level: 'error',
    summary: 'Container exited with non-zero exit code',
    detail: exitCodesIn(containers),
    resolution:
      "Read the container's log in CloudWatch. Exit code 137 often means that it ran out of memory: then raise the " +
      "task's memory.",
  };
}

/** Some failed, and none of those has a code. */
function wasTerminated(containers: readonly EventContainer[]): boolean {
  const failed = containers.filter(hasFailed);
  return failed.length > 0 && failed.every((container) => container.exitCode === undefined);
}

function exitCodesIn(containers: readonly EventContainer[]): string {
  const nameOf = (container: EventContainer): string => pyRepr(container.name ?? '<unknown>');
  const failed = containers.filter(hasFailed);
  const withoutCode = failed.filter((container) => container.exitCode === undefined);
  const sentences = failed.flatMap((container) =>
    container.exitCode === undefined
      ? []
      : [`Container ${nameOf(container)} exited with code ${container.exitCode}.`],
  );
  if (withoutCode.length > 0) {
    sentences.push(
      `Container(s) ${withoutCode.map(nameOf).join(', ')} had no exit code, indicating the task was terminated by ECS ` +
        'or the underlying infrastructure.',
    );
  }
  return sentences.length > 0 ? sentences.join(' ') : 'No container exit code details available.';
}
