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

/** Where the output of a claim's container can be read, or why it cannot. */
export type OutputLocation =
  | ReadableOutput
  | {
      readonly kind: 'unreadable';
      readonly warning: string;
      readonly whereabouts: string | undefined;
    };

/** The output of the container of a claim's task. */
export interface ContainerOutput {
  /** Asked when somebody wants to read: it may take a call. Throws what the call throws. */
  readonly locate: (signal: AbortSignal) => Promise<OutputLocation>;
  /** Its page in the CloudWatch console, where that is known without a call. */
  readonly link: string | undefined;
  /** The job asks for it to be shown as it comes. */
  readonly isStreamed: boolean;
  /**
   * From its beginning; from now on; or from so many milliseconds before now, where another process
   * showed the part before.
   */
  readonly from: 'start' | 'now' | { readonly agoMs: number };
}

export type OutputPorts = Pick<RunPorts, 'aws'>;

/**
 * Of a run that cannot be configured any more: nobody knows what its container may say that is
 * secret.
 */
export const unknownSecrets: OutputLocation = {
  kind: 'unreadable',
  warning:
    'Container output is not shown: the flow run can no longer be configured, ' +
    'so its secrets cannot be redacted.',
  whereabouts: undefined,
};

/** Of a task whose definition is known. */
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

/** As much of a definition as says where the output of one of its containers goes. */
export function loggingOf(definition: JsonObject, containerName: string): JsonObject {
  const containerDefinitions = objectsIn(definition['containerDefinitions'])
    .filter((container) => container['name'] === containerName)
    .map(({ logConfiguration = {} }) => ({ name: containerName, logConfiguration }));
  return { containerDefinitions };
}

/** The console's page of the container's log; undefined where it is not in CloudWatch. */
export function logsLinkIn(
  definition: JsonObject,
  { containerName, taskArn }: { readonly containerName: string; readonly taskArn: string },
): string | undefined {
  const location = logLocationOf(definition, containerName, taskArn);
  return location.kind === 'cloudwatch' ? logsConsoleLink(taskArn, location) : undefined;
}

/** Of an adopted task: its definition is read when its output is asked for. */
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
