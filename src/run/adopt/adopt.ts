import type { EcsJob } from '../../core/job/ecs-job.ts';
import {
  followerLabel,
  followerText,
  parseFollower,
  type ClaimPlace,
} from '../../core/claim/claim-record.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import { containerNameIn, defaultContainerName } from '../../core/plan/prefect-container.ts';
import { redactorOf } from '../../core/plan/launch-plan.ts';
import { placeIn } from '../../core/events/related-resources.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { isFinal } from '../../core/prefect/state.ts';
import { parseStartedBy } from '../../core/claim/launch-mark.ts';
import { RuntimeError, toError } from '../../kernel/errors.ts';
import type { ClaimedTask } from '../output/claimed-task.ts';
import type { FirstLaunch } from '../claimed-run.ts';
import { relaunchAfter, startErrorOf } from '../launch/relaunch.ts';
import { adoptByLaunch } from './adopt-by-launch.ts';
import { proposeCancelled } from '../states/cancelled.ts';
import { deregister } from '../tasks/deregister.ts';
import { locateOfAdopted, type ContainerOutput } from '../output/container-output.ts';
import { configure } from '../prepare/configure.ts';
import { followToEnd } from '../follow/follow.ts';
import { findTask, type Located, type LocatedTask } from './find-task.ts';
import { Proposals } from '../states/proposals.ts';
import { crashSubmission, report } from '../report/report.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { RunPorts, RunContext } from '../run-context.ts';
import { ownerOf } from '../ports/worker-identity.ts';
import type { StopSignals } from '../ports/stop-signals.ts';

/** A run of the pool that nobody follows, and its latest claim. */
export interface OrphanedRun {
  readonly flowRun: FlowRun;
  readonly history: ClaimHistory;
}

/** Two adopters that write their label at once are told apart by who is still named after this. */
const labelSettlesMs = 5_000;

/** ECS may not show a task that is younger than this (aws-ecs.md B.4). */
const visibleAfterMs = 5 * 60_000;

/**
 * Takes over a run that nobody follows (ecs-worker.md 9.7): finds its task, or starts the one that never was, and follows
 * it as its own. Resolves with how it went and never rejects. The slot of an adopted run is one beyond the limit.
 */
export async function adoptRun(
  orphan: OrphanedRun,
  start: Omit<RunContext, 'flowRun' | 'active' | 'log'>,
): Promise<RunOutcome> {
  const { flowRun, history } = orphan;
  const { ports, signals } = start;
  using active = ports.active.begin(flowRun, history.launchId);
  const log = ports.logFor(flowRun);
  try {
    const mine = await takeOver(orphan, ports, signals.drain);
    if (mine === undefined) return { kind: 'skipped', reason: 'another worker follows it' };
    const run: ReportedRun = {
      flowRun: mine,
      launchId: history.launchId,
      attempt: history.attempt,
      proposals: new Proposals(flowRun.id, ports, log),
      log,
    };
    return await settle(run, history, { ...start, flowRun: mine, active, log });
  } catch (error) {
    if (!signals.drain.aborted) {
      log.warning(`Flow run '${flowRun.name}' could not be taken over yet; it is tried again.`, {
        error: toError(error).message,
      });
    }
    return { kind: 'handed-over' };
  }
}

/** Writes our name on the run, and reads it again when others had time to do the same. */
async function takeOver(
  { flowRun, history }: OrphanedRun,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<FlowRun | undefined> {
  const worker = ports.worker();
  const label = { [followerLabel]: followerText(history.launchId, ownerOf(worker)) };
  await ports.prefect.updateLabels(flowRun.id, label, signal);
  await ports.clock.sleep(labelSettlesMs, signal);
  const now = await ports.prefect.readFlowRun(flowRun.id, signal);
  if (now?.stateType === undefined || isFinal(now.stateType)) return undefined;
  const follower = parseFollower(now.labels);
  const isOurs = follower?.processId === worker.processId && follower.launchId === history.launchId;
  return isOurs ? now : undefined;
}

async function settle(run: ReportedRun, history: ClaimHistory, context: RunContext): Promise<RunOutcome> {
  const { flowRun, log, ports, signals } = context;
  const configured = await configuredJob(flowRun, ports, signals.drain);
  if (flowRun.stateType === 'CANCELLING') ports.active.askToCancel(flowRun.id);
  const located = await locateVisibly(run, history, configured.job, ports, signals.drain);
  switch (located.kind) {
    case 'task':
      log.info(
        `Worker '${ports.worker().name}' follows ECS task '${located.taskArn}' of this flow run from now on.`,
      );
      return follow(run, history, located, configured.job, context);
    case 'elsewhere':
      log.warning(
        `The ECS task of this flow run cannot be looked at: ${located.why}. The run is left as it is.`,
      );
      return { kind: 'handed-over' };
    case 'none':
    case 'denied':
      return withoutTask(run, history, located, configured, context);
  }
}

/**
 * A run that is past PENDING, or is being cancelled, has a task or had one: while it may be too young for ECS to show it,
 * "none" is not believed. (A PENDING claim of ours is asked for by its token, which tells at once.)
 */
async function locateVisibly(
  { flowRun }: ReportedRun,
  history: ClaimHistory,
  job: EcsJob | undefined,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Located> {
  const located = await findTask(flowRun, history, job, ports, signal);
  const waitMs = visibleAfterMs - ageOf(history, ports);
  if (located.kind !== 'none' || flowRun.stateType === 'PENDING' || waitMs <= 0) return located;
  await ports.clock.sleep(waitMs, signal);
  return findTask(flowRun, history, job, ports, signal);
}

/** No task was found: what that means depends on whose claim it is, and on how far the run came. */
async function withoutTask(
  run: ReportedRun,
  history: ClaimHistory,
  located: { readonly kind: 'none' | 'denied'; readonly place: ClaimPlace | undefined },
  configured: { readonly job: EcsJob | undefined; readonly error: Error | undefined },
  context: RunContext,
): Promise<RunOutcome> {
  const { flowRun, ports, signals } = context;
  const isOurs = history.record !== undefined;
  const ageMs = ageOf(history, ports);
  const tokenLives = located.kind === 'none' || ageMs < 3_600_000;
  if (flowRun.stateType === 'PENDING' && isOurs && tokenLives) {
    if (configured.job === undefined) {
      const error = configured.error ?? new Error('the run cannot be configured any more');
      return crashSubmission(run, error, ports, signals.stop);
    }
    const first = located.kind === 'none' && history.attempt > 1 ? dueLaunch : repeatedLaunch(history.token);
    return adoptByLaunch(run, history, located.place, first, context);
  }
  if (located.kind === 'none' && flowRun.stateType === 'CANCELLING' && (isOurs || ageMs >= visibleAfterMs)) {
    const words =
      configured.job === undefined && !isOurs
        ? 'Flow run cancelled (deployment not found, infrastructure may still be running).'
        : 'Flow run cancelled by worker (no infrastructure found).';
    await proposeCancelled(run, words, ports, signals.stop);
    return { kind: 'cancelled' };
  }
  if (located.kind === 'none' && isOurs && flowRun.stateType === 'RUNNING' && ageMs >= visibleAfterMs) {
    const ended = {
      end: { kind: 'vanished', lastSeen: undefined } as const,
      taskArn: undefined,
      containerName: defaultContainerName,
      output: { link: undefined },
    };
    return report(run, ended, ports, signals);
  }
  return leave(run, ageMs, ports, signals);
}

/** The claim's own launch, or one that cannot be cleared: its token alone makes sure that there is one task. */
const repeatedLaunch = (token: string): FirstLaunch => ({ kind: 'launch', token, clearedAtMs: undefined });

/** A launch that a dead worker announced, after one that came to nothing. */
const dueLaunch: FirstLaunch = {
  kind: 'await',
  failure: { kind: 'capacity', reason: 'announced by a worker that is gone' },
  error: new RuntimeError('Failed to run ECS task: the worker that announced its launch is gone.'),
  isDue: true,
};

/** A claim that is not ours is never launched: its worker may need minutes. It is told, and crashed after a setting. */
async function leave(
  run: ReportedRun,
  ageMs: number,
  ports: RunPorts,
  signals: StopSignals,
): Promise<RunOutcome> {
  const timeoutSeconds = ports.settings().unfoundTaskTimeoutSeconds;
  if (run.flowRun.stateType === 'PENDING' && ageMs >= timeoutSeconds * 1000) {
    const message = `no ECS task was found within ${timeoutSeconds} seconds after the flow run was claimed`;
    return crashSubmission(run, { name: 'RuntimeError', message }, ports, signals.stop);
  }
  if (ageMs >= visibleAfterMs) {
    run.log.warning(
      `Flow run '${run.flowRun.name}' is ${run.flowRun.stateName ?? 'claimed'}, and no ECS task of it was found. It is left as it is` +
        (run.flowRun.stateType === 'PENDING'
          ? `, and crashed ${timeoutSeconds} seconds after its claim.`
          : '.'),
    );
  }
  return { kind: 'handed-over' };
}

async function follow(
  run: ReportedRun,
  history: ClaimHistory,
  located: LocatedTask,
  job: EcsJob | undefined,
  context: RunContext,
): Promise<RunOutcome> {
  const { ports, signals } = context;
  const { observed, session, taskArn, clusterArn } = located;
  const containerName = containerOf(observed, job);
  const task: ClaimedTask = {
    run,
    workerName: history.record?.workerName ?? placeIn(run.flowRun).workerName ?? ports.worker().name,
    taskArn,
    clusterArn,
    session,
    containerName,
    output: outputOfAdopted(located, job, ports),
    launchedAtMs: ports.clock.monotonicMs() - ageOf(history, ports),
    startTimeoutSeconds: job?.taskStartTimeoutSeconds,
    pollIntervalSeconds: job?.taskWatchPollIntervalSeconds ?? 5,
    onRunning: () => undefined,
    relaunchAfter: (end) =>
      history.record === undefined || job === undefined || !isMarked(observed)
        ? undefined
        : relaunchAfter(end, containerName, history.attempt - 1, ports.settings()),
    cleanUp: async (_end, signal) => {
      const asked = observed?.tags['prefect.io/degregister-task-definition'] === 'true';
      if (!asked || observed.taskDefinitionArn === undefined) return;
      const held = ports.definitions.hold(observed.taskDefinitionArn);
      if (held.release(true)) await deregister(observed.taskDefinitionArn, session, run.log, signal);
    },
  };
  const outcome = await followToEnd(task, context);
  if (outcome.kind !== 'to-relaunch') return outcome;
  await task.cleanUp(outcome.end, signals.stop);
  const { failure, end } = outcome;
  const first: FirstLaunch = { kind: 'await', failure, error: startErrorOf(end), isDue: false };
  const again = { ...run, attempt: run.attempt + 1 };
  return adoptByLaunch(again, history, history.record?.place, first, context);
}

/** Of a task without our mark nobody could tell which launch it is. */
function isMarked(task: EcsTask | undefined): boolean {
  return parseStartedBy(task?.startedBy) !== undefined;
}

function outputOfAdopted(
  { observed, taskArn, session }: LocatedTask,
  job: EcsJob | undefined,
  ports: RunPorts,
): ContainerOutput {
  const named = { containerName: containerOf(observed, job), taskArn, session };
  return {
    locate: (signal) => locateOfAdopted(observed, named, job, ports, signal),
    link: undefined,
    isStreamed: job?.streamOutput ?? false,
    isFromStart: false,
    redactor: job === undefined ? { text: (text) => text } : redactorOf(job),
  };
}

/** As configured today; a task of other containers than those is judged by `prefect`, or by its first. */
function containerOf(task: EcsTask | undefined, job: EcsJob | undefined): string {
  const configured =
    job?.containerName ??
    (job === undefined ? undefined : containerNameIn(job.taskDefinition)) ??
    defaultContainerName;
  const names = (task?.containers ?? []).map((container) => container.name);
  if (names.length === 0 || names.includes(configured)) return configured;
  return names.includes(defaultContainerName) ? defaultContainerName : (names[0] ?? configured);
}

async function configuredJob(
  flowRun: FlowRun,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<{ readonly job: EcsJob | undefined; readonly error: Error | undefined }> {
  try {
    const configuration = await configure(flowRun, ports, signal);
    if (configuration.kind === 'configured') return { job: configuration.job, error: undefined };
    return {
      job: undefined,
      error: new Error(`Deployment ${configuration.deploymentId} no longer exists.`),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { job: undefined, error: toError(error) };
  }
}

function ageOf({ claim }: ClaimHistory, ports: Pick<RunPorts, 'clock'>): number {
  if (claim.timestamp === undefined) return 0;
  return Math.max(0, ports.clock.now().getTime() - new Date(claim.timestamp).getTime());
}
