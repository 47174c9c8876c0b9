import { latestClaim } from '../core/outcome/claims.ts';
import { identifierFor } from '../core/outcome/identifier.ts';
import { toError } from '../kernel/errors.ts';
import type { ActiveRun } from './active-runs.ts';
import { stopTask } from './cancel.ts';
import { followToEnd } from './follow.ts';
import { LaunchOutcomeUnknownError, type Launched } from './launch.ts';
import type { Prepared } from './prepare.ts';
import { PreparedLaunch } from './prepared-launch.ts';
import { crashSubmission, type ReportedRun, type RunOutcome } from './report.ts';
import type { RunLife, RunPorts } from './run-ports.ts';
import { errorShown } from './shown.ts';

/** A claim that is to be launched now: this process's own, or one that it adopted. */
export interface ClaimLaunch {
  readonly run: ReportedRun;
  readonly prepared: Prepared;
  /** RunTask's token as last announced, and the number of that launch. */
  readonly token: string;
  readonly attempt: number;
  /** Where the claim says that it runs, when that is not where it would be launched today. */
  readonly cluster: string | undefined;
  readonly concurrencyLeaseId: string | undefined;
  /** When this process's own claim was accepted; undefined for an adopted one. */
  readonly acceptedAtMs: number | undefined;
  /** What is told beside RunTask, and must have ended before anything else is told. */
  readonly besides: Promise<void>;
}

/** From a claim to its report: RunTask, the identifier, the task's life (ecs-worker.md 8, 9). */
export async function launchClaim(
  claim: ClaimLaunch,
  active: ActiveRun,
  slot: Disposable,
  ports: RunPorts,
  life: RunLife,
): Promise<RunOutcome> {
  const { run, prepared } = claim;
  using _lease = leaseOf(claim, ports);
  const launching = new PreparedLaunch(run, prepared, ports);
  let task: Launched;
  try {
    task = await launching.launch(claim, life.stop);
  } catch (error) {
    await claim.besides;
    life.stop.throwIfAborted();
    return notLaunched(claim, toError(error), launching, ports, life);
  }
  life.submitted();
  if (await wasOvertaken(claim, ports, life.stop)) return stopOvertaken(claim, task, ports, life.stop);
  await Promise.all([claim.besides, tellIdentifier(claim, task, ports, life.stop)]);
  const outcome = await followToEnd(
    {
      run,
      taskArn: task.taskArn,
      clusterArn: task.clusterArn,
      session: prepared.session,
      containerName: prepared.plan.containerName,
      launchedAtMs: ports.clock.monotonicMs(),
      startTimeoutSeconds: prepared.job.taskStartTimeoutSeconds,
      pollIntervalSeconds: prepared.job.taskWatchPollIntervalSeconds,
      workerName: ports.worker().name,
      cleanUp: (_end, signal) => launching.cleanUp(signal),
    },
    active,
    slot,
    ports,
    life,
  );
  if (outcome.kind === 'handed-over') launching.letGo();
  return outcome;
}

function leaseOf({ run, concurrencyLeaseId }: ClaimLaunch, ports: RunPorts): Disposable | undefined {
  if (concurrencyLeaseId === undefined) return undefined;
  return ports.leases.hold({ leaseId: concurrencyLeaseId, flowRunId: run.flowRun.id, log: run.log });
}

async function notLaunched(
  { run, prepared }: ClaimLaunch,
  error: Error,
  launching: PreparedLaunch,
  ports: RunPorts,
  life: RunLife,
): Promise<RunOutcome> {
  if (error instanceof LaunchOutcomeUnknownError) {
    run.log.error(error.message);
    launching.letGo();
    return { kind: 'handed-over' };
  }
  await launching.cleanUp(life.stop);
  const { name, message } = errorShown(prepared.plan.shown, error);
  return crashSubmission(run, name, message, ports, life.stop);
}

/** More than this between the claim and RunTask's answer, and somebody may have taken the run for a dead worker's. */
const stallMs = 10_000;

/** Whether another launch of the run was announced while this process stood still (ecs-worker.md 0.4.7). */
async function wasOvertaken(
  { run, attempt, acceptedAtMs }: ClaimLaunch,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<boolean> {
  if (acceptedAtMs === undefined || ports.clock.monotonicMs() - acceptedAtMs <= stallMs) return false;
  const latest = latestClaim(await ports.prefect.readStateHistory(run.flowRun.id, signal));
  return latest !== undefined && (latest.launchId !== run.launchId || latest.attempt > attempt);
}

async function stopOvertaken(
  { run, prepared, besides }: ClaimLaunch,
  task: Launched,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  await besides;
  run.log.warning(
    `This launch was overtaken by another while the worker stood still. Its ECS task '${task.taskArn}' is stopped.`,
  );
  const reason = 'Stopped by Prefect worker: another launch of the same flow run was announced meanwhile.';
  const outcome = await stopTask(prepared.session, task, reason, ports, signal);
  if (outcome.kind === 'denied') run.log.error(`It could not be stopped: ${outcome.error.message}`);
  return { kind: 'handed-over' };
}

async function tellIdentifier(
  { run, prepared, cluster }: ClaimLaunch,
  task: Launched,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  const identifier = identifierFor(cluster ?? prepared.job.cluster, task);
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
