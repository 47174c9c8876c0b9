import { pyRepr } from '../job/py-repr.ts';
import type { EventContainer, TaskEventDetail } from './task-event.ts';

/**
 * The Python observer's diagnosis of a dead task. Level, summary and detail are exactly the
 * observer's, because users match them.
 */
export interface PythonDiagnosis {
  readonly level: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  /** In our own words. */
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
        'Check that the image exists and that its URI is correct. For a private registry, allow the execution role to ' +
        'pull from it, or set repository credentials in the container definition.',
    };
  }
  if (stopCode === 'TaskFailedToStart') {
    return {
      level: 'error',
      summary: 'ECS task failed to start',
      detail: stoppedReason ?? 'Task failed to start (no additional detail).',
      resolution:
        'Read the stopped reason first. Usual causes are a resource limit, a missing IAM permission or the network: ' +
        'check the policies of the task role and the execution role, the subnets and the security groups.',
    };
  }
  if (stopCode === 'EssentialContainerExited') {
    return {
      level: wasTerminated(detail.containers) ? 'warning' : 'error',
      summary: 'Essential container exited',
      detail: exitCodesIn(detail.containers),
      resolution:
        "Read the container's log. Fix an error of the program there; a killed container may need more memory or CPU.",
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
        'ECS or its platform stopped the task: a Spot interruption, a scaling activity or a manual stop. ' +
        "CloudTrail (StopTask) and the service's events show which.",
    };
  }
  return {
    level: 'error',
    summary: 'Container exited with non-zero exit code',
    detail: exitCodesIn(containers),
    resolution:
      "Read the container's log in CloudWatch. Exit code 137 often means that it ran out of memory: if so, raise the " +
      "task's memory.",
  };
}

/** Some containers failed, and none of those has an exit code. */
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
