import { latestClaim } from '../../core/claim/claims.ts';
import { stopTask } from '../tasks/stop-task.ts';
import type { Launched } from '../ports/task-follower.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
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
