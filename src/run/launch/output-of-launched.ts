import type { LaunchFacts } from '../prepare/prepared-run.ts';
import type { Launched } from '../ports/task-follower.ts';
import type { RunPorts } from '../run-context.ts';
import { type ContainerOutput, locateIn, logsLinkIn } from '../output/container-output.ts';

/** The definition in use is known, so locating the container's output costs no call. */
export function outputOfLaunched(
  facts: LaunchFacts,
  task: Launched,
  ports: RunPorts,
): ContainerOutput {
  const { logging, credentials, isStreamed } = facts;
  const named = { containerName: facts.containerName, taskArn: task.taskArn };
  return {
    locate: (signal) => locateIn(logging, named, credentials, ports, signal),
    link: logsLinkIn(logging, named),
    isStreamed,
    from: 'start',
  };
}
