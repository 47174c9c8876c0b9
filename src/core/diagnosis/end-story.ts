import { ecsConsoleLink } from './console-links.ts';
import type { Diagnosis } from './diagnosis.ts';
import { oneLine } from './one-line.ts';
import type { EcsTask } from '../task/task.ts';

/** ECS's texts have up to 1,024 characters; shortened so that the line stays readable. */
const longestFact = 500;

/** The facts shown with a diagnosis. */
export interface EndFacts {
  /** Undefined when the task was never found. */
  readonly taskArn: string | undefined;
  /** As last seen. Undefined when it was never seen. */
  readonly task: EcsTask | undefined;
  readonly containerName: string;
  /** The container's log in the CloudWatch console, if it goes there. */
  readonly logsLink: string | undefined;
}

/**
 * Why a task ended, as one line for a state message and the run's log: code, cause, advice, the
 * facts behind the diagnosis, and links.
 */
export function endStory(
  { code, cause, advice, documentation }: Diagnosis,
  { taskArn, task, containerName, logsLink }: EndFacts,
): string {
  const container = task?.containers.find(({ name }) => name === containerName);
  const facts = [
    `container '${containerName}'`,
    ...named('exit code', container?.exitCode),
    ...named('reason', container?.reason === task?.stoppedReason ? undefined : container?.reason),
    ...named('stop code', task?.stopCode),
    ...named('stopped reason', task?.stoppedReason),
    ...(taskArn === undefined ? [] : [`task ${taskArn}`]),
  ];
  const link =
    taskArn === undefined ? undefined : ecsConsoleLink({ taskArn, clusterArn: task?.clusterArn });
  const links = [
    `Read more: ${documentation}`,
    ...labelled('Task', link),
    ...labelled('Logs', logsLink),
  ];
  return `[${code}] ${cause} ${advice} (${facts.join(', ')}) ${links.join(' ')}`;
}

function named(name: string, value: string | number | undefined): readonly string[] {
  if (value === undefined || value === '') return [];
  return [
    typeof value === 'number' ? `${name} ${value}` : `${name} '${oneLine(value, longestFact)}'`,
  ];
}

function labelled(label: string, link: string | undefined): readonly string[] {
  return link === undefined ? [] : [`${label}: ${link}`];
}
