import type { AwsCredentials } from '../../core/job/aws-credentials.ts';
import type { EcsJob } from '../../core/job/ecs-job.ts';
import { logsConsoleLink } from '../../core/diagnosis/console-links.ts';
import { logLocationOf } from '../../core/task/log-location.ts';
import { objectsIn } from '../../core/job/shape.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { AwsSession, ReadableOutput } from '../ports/aws.ts';
import type { RunPorts } from '../run-context.ts';

/** Where a container's output can be read, or why it cannot. */
export type OutputLocation =
  | ReadableOutput
  | {
      readonly kind: 'unreadable';
      readonly warning: string;
      readonly whereabouts: string | undefined;
    };

/** The output of a claim's container. */
export interface ContainerOutput {
  /** Called when the output is wanted, since it may cost a call. Throws what the call throws. */
  readonly locate: (signal: AbortSignal) => Promise<OutputLocation>;
  /** Its page in the CloudWatch console, if that is known without a call. */
  readonly link: string | undefined;
  /** The job asks for streaming. */
  readonly isStreamed: boolean;
  /**
   * Where to begin: at the start, now, or this many milliseconds ago, because an earlier follower
   * showed the part before.
   */
  readonly from: 'start' | 'now' | { readonly agoMs: number };
}

export type OutputPorts = Pick<RunPorts, 'aws'>;

/**
 * For a run that can no longer be configured: its secrets are unknown, so showing its output could
 * leak them.
 */
export const unknownSecrets: OutputLocation = {
  kind: 'unreadable',
  warning:
    'Container output is not shown: the flow run can no longer be configured, ' +
    'so its secrets cannot be redacted.',
  whereabouts: undefined,
};

/** Locates the output of a task whose definition is known. */
export async function locateIn(
  definition: JsonObject,
  task: { readonly containerName: string; readonly taskArn: string },
  credentials: AwsCredentials,
  ports: OutputPorts,
  signal: AbortSignal,
): Promise<OutputLocation> {
  const location = logLocationOf(definition, task.containerName, task.taskArn);
  if (location.kind === 'unreadable') return location;
  const regionName =
    location.region ?? parseTaskArn(task.taskArn)?.region ?? credentials.regionName;
  const session = await ports.aws.sessionFor({ ...credentials, regionName }, signal);
  return { kind: 'readable', session, group: location.group, stream: location.stream };
}

/** The part of a definition that shows where a container's output goes. */
export function loggingOf(definition: JsonObject, containerName: string): JsonObject {
  const containerDefinitions = objectsIn(definition['containerDefinitions'])
    .filter((container) => container['name'] === containerName)
    .map(({ logConfiguration = {} }) => ({ name: containerName, logConfiguration }));
  return { containerDefinitions };
}

/** The console page of the container's log; undefined: it is not in CloudWatch. */
export function logsLinkIn(
  definition: JsonObject,
  { containerName, taskArn }: { readonly containerName: string; readonly taskArn: string },
): string | undefined {
  const location = logLocationOf(definition, containerName, taskArn);
  return location.kind === 'cloudwatch' ? logsConsoleLink(taskArn, location) : undefined;
}

/** Locates the output of an adopted task. Its definition is read only when the output is wanted. */
export async function locateOfAdopted(
  observed: EcsTask | undefined,
  task: { readonly containerName: string; readonly taskArn: string; readonly session: AwsSession },
  job: EcsJob,
  ports: OutputPorts,
  signal: AbortSignal,
): Promise<OutputLocation> {
  const arn = observed?.taskDefinitionArn;
  if (arn === undefined) {
    const warning = "The task's definition is unknown. Output cannot be read.";
    return { kind: 'unreadable', warning, whereabouts: undefined };
  }
  const definition = await task.session.describeTaskDefinition(arn, signal);
  return locateIn(definition, task, job.awsCredentials, ports, signal);
}
