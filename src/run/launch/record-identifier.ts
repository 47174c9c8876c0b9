import { identifierFor } from '../../core/task/identifier.ts';
import { toError } from '../../kernel/errors.ts';
import type { Launched } from '../ports/task-follower.ts';
import type { RunPorts } from '../run-context.ts';
import type { ReportedRun } from '../states/reported-run.ts';

export async function recordIdentifier(
  run: ReportedRun,
  { task, cluster }: { readonly task: Launched; readonly cluster: string | undefined },
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  const identifier = identifierFor(cluster, task);
  run.log.info(`Created ECS task '${task.taskArn}'`);
  try {
    await ports.prefect.updateInfrastructurePid(run.flowRun.id, identifier, signal);
  } catch (error) {
    signal.throwIfAborted();
    run.log.error(
      `Could not store infrastructure identifier '${identifier}' of flow run ` +
        `'${run.flowRun.name}'. The flow run will not be cancellable.`,
      { error: toError(error).message },
    );
  }
  run.log.info(`Flow run '${run.flowRun.name}' submitted to infrastructure`);
}
