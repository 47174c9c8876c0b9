import { relatedResources, tagsOfRun } from '../core/events/related-resources.ts';
import { spotNoticeEvent } from '../core/events/spot-notice.ts';
import type { WorkPool } from '../core/prefect/work-pool.ts';
import { LoopShare } from '../kernel/loop-share.ts';
import type { TaskGroup } from '../kernel/task-group.ts';
import { ActiveRuns } from '../run/shared/active-runs.ts';
import { Breaker } from '../run/shared/breaker.ts';
import { Capacity } from '../run/shared/capacity-queue.ts';
import { Notices } from '../run/shared/notices.ts';
import { Definitions } from '../run/shared/task-definitions.ts';
import { JobReads } from '../run/shared/cached-reads.ts';
import { unreportedEnds, unstoppedTasks, WaitingRuns } from '../run/shared/waiting-runs.ts';
import { Leases } from '../run/shared/leases.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { RunSettings } from '../run/ports/run-settings.ts';
import { FlowRunReader } from '../run/shared/flow-run-reader.ts';
import type { EventReliability } from '../supervise/queue/event-reliability.ts';
import { LogStreams } from '../supervise/output/log-streams.ts';
import { Supervisor } from '../supervise/tasks/supervisor.ts';
import type { PoolView } from './sync.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';
import { VoidClaims } from '../run/states/void-claims.ts';
import { Looks } from '../run/states/looks.ts';
import { StopLane } from '../run/shared/stop-lane.ts';
import { LateChecks } from '../run/states/late-checks.ts';
import { TaskReader } from '../run/shared/task-reader.ts';

export interface SharedParts {
  readonly reliability: EventReliability;
  readonly takeUpAgain: RunPorts['takeUpAgain'];
  readonly stopOlderTasks: RunPorts['stopOlderTasks'];
  readonly holdSlot: RunPorts['holdSlot'];
  /** UUID of this process. */
  readonly processId: string;
}

/** What the runs of one worker share, including the supervisor of their tasks. */
export function runPortsFor(
  options: WorkerOptions,
  ports: WorkerPorts,
  view: PoolView,
  { reliability, takeUpAgain, stopOlderTasks, holdSlot, processId }: SharedParts,
  group: TaskGroup,
): { readonly runPorts: RunPorts; readonly supervisor: Supervisor } {
  const flowRuns = new FlowRunReader(ports.prefect, ports.clock, group.signal);
  const active = new ActiveRuns(ports.secrets);
  const voidClaims = new VoidClaims(active, ports.prefect.server);
  const looks = new Looks({
    prefect: ports.prefect,
    flowRuns,
    clock: ports.clock,
    judge: voidClaims.judge,
  });
  const stops = new StopLane(ports);
  const supervisor = new Supervisor(
    {
      clock: ports.clock,
      random: ports.random,
      flowRuns,
      looks,
      stops,
      log: ports.log,
      readiness: ports.readiness,
      reliability,
      onSpotNotice: ({ flowRun, workerName }, seen) => {
        const { id, name } = knownPool(view);
        const names = { flowName: undefined, deploymentName: undefined };
        const tags = tagsOfRun({ flowRun, ...names, workPool: { id, name }, workerName });
        const occurred = ports.clock.now().toISOString();
        ports.emit(spotNoticeEvent(seen, occurred, relatedResources(tags, ports.prefectVersion)));
      },
    },
    group,
  );
  const definitions = new Definitions(ports.clock, ports.random, () => {
    const settings = ports.runSettings();
    return {
      attempts: settings.registerAttempts,
      initialDelaySeconds: settings.registerInitialDelaySeconds,
      maxDelaySeconds: settings.registerMaxDelaySeconds,
    };
  });
  const runPorts: RunPorts = {
    prefect: ports.prefect,
    aws: ports.aws,
    clock: ports.clock,
    loop: new LoopShare(ports.clock),
    random: ports.random,
    judge: 'us',
    workPool: () => knownPool(view),
    worker: () => ({
      name: options.name,
      processId,
      backendId: view.backendId,
      prefectVersion: ports.prefectVersion,
    }),
    settings: ports.runSettings,
    logFor: ports.logFor,
    workerLog: ports.log,
    readiness: ports.readiness,
    holdSlot,
    unreported: new WaitingRuns(unreportedEnds, ports),
    unstopped: new WaitingRuns(unstoppedTasks, ports),
    reads: new JobReads(ports.prefect, ports.clock, group.signal),
    definitions,
    flowRuns,
    follower: supervisor,
    active,
    looks,
    lateChecks: new LateChecks(ports.clock, ports.log),
    voidClaims,
    stops,
    taskReader: new TaskReader(ports.clock, group.signal),
    takeUpAgain,
    stopOlderTasks,
    outputs: new LogStreams(ports.clock, group),
    showOutput: ports.showOutput,
    leases: new Leases({ prefect: ports.prefect, flowRuns, clock: ports.clock }),
    notices: new Notices(),
    breaker: new Breaker({ clock: ports.clock, workerLog: ports.log, readiness: ports.readiness }),
    capacity: new Capacity(
      ports.clock,
      ports.random,
      mostWaiting(options.limit, ports.runSettings()),
    ),
  };
  return { runPorts, supervisor };
}

/** A worker without a limit has no slots to keep free. */
function mostWaiting(limit: number | undefined, { capacityWaitShare }: RunSettings): number {
  return limit === undefined ? Infinity : Math.max(1, Math.floor(limit * capacityWaitShare));
}

/** A run needs the pool, and polls begin only after the first sync. */
function knownPool(view: PoolView): WorkPool {
  if (view.workPool === undefined) throw new Error('a run was started before the pool was read');
  return view.workPool;
}
