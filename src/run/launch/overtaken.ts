import { latestClaim } from '../../core/claim/claims.ts';
import { identifierFor } from '../../core/task/identifier.ts';
import { toError } from '../../kernel/errors.ts';
import { stopTask } from '../follow/stop-cancelled-task.ts';
import type { Launched } from './launch.ts';
import type { AwsSession } from '../ports/prefect-api.ts';
import type { ReportedRun, RunOutcome } from '../report/report.ts';
import type { RunPorts } from '../run-context.ts';

/** More than this between the claim and RunTask's answer, and somebody may have taken the run for a dead worker's. */
const stallMs = 10_000;

/** Whether another launch of the run was announced while this process stood still (ecs-worker.md 0.4.7). */
export async function wasOvertaken(
  { flowRun, launchId, attempt }: ReportedRun,
  clearedAtMs: number,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<boolean> {
  if (ports.clock.monotonicMs() - clearedAtMs <= stallMs) return false;
  const history = await ports.prefect.readStateHistory(flowRun.id, signal);
  const now = await ports.prefect.readFlowRun(flowRun.id, signal);
  const latest = latestClaim(history, now?.labels);
  return latest !== undefined && (latest.launchId !== launchId || latest.attempt > attempt);
}

export async function stopOvertaken(
  { log }: ReportedRun,
  session: Pick<AwsSession, 'stopTask'>,
  task: Launched,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  log.warning(
    `This launch was overtaken by another while the worker stood still. Its ECS task '${task.taskArn}' is stopped.`,
  );
  const reason = 'Stopped by Prefect worker: another launch of the same flow run was announced meanwhile.';
  const outcome = await stopTask(session, task, reason, ports, signal);
  if (outcome.kind === 'denied') log.error(`It could not be stopped: ${outcome.error.message}`);
  return { kind: 'handed-over' };
}

export async function tellIdentifier(
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
      `Could not store infrastructure identifier '${identifier}' of flow run '${run.flowRun.name}'. It will not be cancellable.`,
      { error: toError(error).message },
    );
  }
  run.log.info(`Flow run '${run.flowRun.name}' submitted to infrastructure`);
}
