import { ecsConsoleLink } from './console-links.ts';
import type { Diagnosis } from './diagnosis.ts';
import { oneLine } from './one-line.ts';
import type { EcsTask } from '../task/task.ts';

/** ECS's texts are 1,024 characters at most; a line should still be one. */
const longestFact = 500;

/** What is told of a task's end beside its diagnosis. */
export interface EndFacts {
  /** Undefined: it was never found. */
  readonly taskArn: string | undefined;
  /** As last seen; undefined when it never was. */
  readonly task: EcsTask | undefined;
  readonly containerName: string;
  /** The container's log in the CloudWatch console, if it is there. */
  readonly logsLink: string | undefined;
}

/**
 * Why a task ended, for a state message and for the run's log: code, cause, what to do, where to
 * read on, and the facts that it was judged by, in one line.
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
    `Read on: ${documentation}`,
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
