import { latestClaim } from '../../core/claim/claims.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { toError } from '../../kernel/errors.ts';
import { stopTask } from '../tasks/stop-task.ts';
import { configure } from '../prepare/configure.ts';
import { findTask } from './find-task.ts';
import type { RunPorts } from '../run-context.ts';

/**
 * Stops the task of a run that was cancelled while no worker lived (ecs-worker.md 9.7.1). True when nothing is left to
 * stop; false when that could not be found out.
 */
export async function stopUnfollowedTask(
  flowRun: FlowRun,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const log = ports.logFor(flowRun);
  try {
    const history = latestClaim(await ports.prefect.readStateHistory(flowRun.id, signal), flowRun.labels);
    if (history === undefined) return true; // nobody ever claimed it: there is no task
    const configuration = await configure(flowRun, ports, signal).catch(() => undefined);
    const job = configuration?.kind === 'configured' ? configuration.job : undefined;
    const located = await findTask(flowRun, history, job, ports, signal);
    if (located.kind !== 'task') return located.kind === 'none';
    if (located.observed === undefined || located.observed.desiredStatus === 'STOPPED') return true;
    const outcome = await stopTask(
      located.session,
      located,
      `Stopped by Prefect worker '${ports.worker().name}': the flow run was cancelled while no worker followed it.`,
      ports,
      signal,
    );
    if (outcome.kind === 'denied') throw outcome.error;
    log.info(`Stopped ECS task '${located.taskArn}' in cluster '${located.clusterArn}'`);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    log.warning('The ECS task of this cancelled flow run could not be stopped; it is tried again.', {
      error: toError(error).message,
    });
    return false;
  }
}
