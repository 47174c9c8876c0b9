import type { EcsJob } from '../../core/job/ecs-job.ts';
import { containerNameIn, defaultContainerName } from '../../core/plan/prefect-container.ts';
import { asksForDeregistration, placeIn } from '../../core/events/related-resources.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { parseStartedBy } from '../../core/claim/launch-mark.ts';
import type { ClaimedTask } from '../output/claimed-task.ts';
import type { FirstLaunch } from '../launch/claim-launch.ts';
import { relaunchAfter, startErrorOf } from '../launch/relaunch.ts';
import { deregister } from '../tasks/deregister.ts';
import {
  locateOfAdopted,
  unknownSecrets,
  type ContainerOutput,
} from '../output/container-output.ts';
import { followToEnd } from '../follow/follow.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { RunContext, RunPorts } from '../run-context.ts';
import { adoptByLaunch } from './adopt-by-launch.ts';
import type { LocatedTask } from './find-task.ts';
import { type AdoptedRun, launchAgeMs } from './adopted-run.ts';

/**
 * An adopter judges a late start only by an answer that it received itself, this long after it
 * began to follow (worker.md 9.3).
 */
const judgedAfterMs = 10_000;

/**
 * Follows a task that an earlier process launched. From here on, an adopter does what a launcher
 * does.
 */
export async function followAdopted(
  adopted: AdoptedRun,
  located: LocatedTask,
  job: EcsJob | undefined,
  context: RunContext,
): Promise<RunOutcome> {
  const { ports, signals } = context;
  const task = claimedTask(adopted, located, job, ports);
  const outcome = await followToEnd(task, context);
  if (outcome.kind !== 'to-relaunch') return outcome;
  await task.cleanUp(outcome.end, signals.stop);
  const { failure, end } = outcome;
  const error = startErrorOf(end);
  const first: FirstLaunch = {
    kind: 'await',
    failure,
    error,
    isDue: false,
    wasStopped: true,
    isLookDue: true,
  };
  const { run, claim } = adopted;
  const again = { ...adopted, run: { ...run, attempt: run.attempt + 1 } };
  return adoptByLaunch(again, claim.record?.place, first, context);
}

function claimedTask(
  { run, claim, lastHeartbeat }: AdoptedRun,
  located: LocatedTask,
  job: EcsJob | undefined,
  ports: RunPorts,
): ClaimedTask {
  const { observed, session, taskArn, clusterArn } = located;
  const containerName = containerOf(observed, job);
  const nowMs = ports.clock.monotonicMs();
  const ageMs =
    observed?.createdAt === undefined
      ? launchAgeMs(claim, ports)
      : session.server.ageMs(observed.createdAt);
  return {
    run,
    workerName: claim.record?.workerName ?? placeIn(run.flowRun).workerName ?? ports.worker().name,
    taskArn,
    clusterArn,
    session,
    containerName,
    output: outputOfAdopted(located, job, lastHeartbeat, ports),
    launchedAtMs: nowMs - ageMs,
    judgedFromMs: nowMs + judgedAfterMs,
    startTimeoutSeconds: job?.taskStartTimeoutSeconds,
    pollIntervalSeconds: job?.taskWatchPollIntervalSeconds ?? 5,
    isRunning: observed?.lastStatus === 'RUNNING',
    onRunning: () => undefined,
    relaunchAfter: (end) =>
      claim.record === undefined || job === undefined || !isMarked(observed)
        ? undefined
        : relaunchAfter(end, containerName, claim.attempt - 1, ports.settings()),
    cleanUp: async (_end, signal) => {
      const arn = observed?.taskDefinitionArn;
      if (arn === undefined || !asksForDeregistration(observed?.tags ?? {})) return;
      const held = ports.definitions.hold(arn);
      if (held.release(true)) await deregister(arn, session, run.log, signal);
    },
  };
}

/** Without our mark, a task does not show which launch it belongs to. */
function isMarked(task: EcsTask | undefined): boolean {
  return parseStartedBy(task?.startedBy) !== undefined;
}

function outputOfAdopted(
  { observed, taskArn, session }: LocatedTask,
  job: EcsJob | undefined,
  lastHeartbeat: string | undefined,
  ports: RunPorts,
): ContainerOutput {
  const named = { containerName: containerOf(observed, job), taskArn, session };
  return {
    locate: (signal) =>
      job === undefined
        ? Promise.resolve(unknownSecrets)
        : locateOfAdopted(observed, named, job, ports, signal),
    link: undefined,
    isStreamed: job?.streamOutput ?? false,
    from: unshownSince(lastHeartbeat, ports),
  };
}

/** A follower shows a line at most this long after it was written. */
const shownWithinMs = 30_000;

/**
 * Where streaming begins: the previous follower may not have shown what came after its last
 * heartbeat. A few lines may appear twice, but none is lost (worker.md 9.9.5).
 */
function unshownSince(
  lastHeartbeat: string | undefined,
  { prefect }: RunPorts,
): ContainerOutput['from'] {
  return lastHeartbeat === undefined
    ? 'now'
    : { agoMs: prefect.server.ageMs(lastHeartbeat) + shownWithinMs };
}

/**
 * The container to judge, as configured today. If the task has no such container: `prefect`, or its
 * first.
 */
function containerOf(task: EcsTask | undefined, job: EcsJob | undefined): string {
  const configured =
    job?.containerName ??
    (job === undefined ? undefined : containerNameIn(job.taskDefinition)) ??
    defaultContainerName;
  const names = (task?.containers ?? []).map((container) => container.name);
  if (names.length === 0 || names.includes(configured)) return configured;
  return names.includes(defaultContainerName) ? defaultContainerName : (names[0] ?? configured);
}
