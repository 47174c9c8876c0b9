import { parseAwsCredentials } from '../../core/job/credentials.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { defaultContainerName } from '../../core/plan/prefect-container.ts';
import { objectsIn, textIn } from '../../core/job/shape.ts';
import type { JsonObject } from '../../kernel/json.ts';
import {
  locateIn,
  type ContainerOutput,
  type OutputLocation,
} from '../../run/output/container-output.ts';
import type { RunPorts } from '../../run/run-context.ts';

/**
 * The output of a task that this worker does not follow, read with the worker's own credentials:
 * its run never connected, so its log is nowhere else (worker.md 10.8). `containerName` undefined:
 * the task's definition decides.
 */
export function outputOfUnowned(
  task: EcsTask,
  containerName: string | undefined,
  ports: Pick<RunPorts, 'aws'>,
): Pick<ContainerOutput, 'locate'> {
  const locate = async (signal: AbortSignal): Promise<OutputLocation> => {
    const { taskArn, taskDefinitionArn } = task;
    if (taskDefinitionArn === undefined) return unknown;
    const credentials = { ...parseAwsCredentials({}), regionName: parseTaskArn(taskArn)?.region };
    const session = await ports.aws.sessionFor(credentials, signal);
    const definition = await session.describeTaskDefinition(taskDefinitionArn, signal);
    const name = containerName ?? onlyContainerOf(definition);
    return name === undefined
      ? unknown
      : locateIn(definition, { containerName: name, taskArn }, credentials, ports, signal);
  };
  return { locate };
}

const unknown: OutputLocation = {
  kind: 'unreadable',
  warning: 'The worker cannot tell which container of the task runs Prefect.',
  whereabouts: undefined,
};

/** The container named `prefect`, else the only container. */
function onlyContainerOf(definition: JsonObject): string | undefined {
  const names = objectsIn(definition['containerDefinitions']).map((container) =>
    textIn(container['name']),
  );
  if (names.includes(defaultContainerName)) return defaultContainerName;
  return names.length === 1 ? names[0] : undefined;
}
