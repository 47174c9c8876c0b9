import { pyRepr } from '../job/py-repr.ts';
import { isFinal, type StateType } from '../prefect/state.ts';
import { hasFailed, pythonDiagnosis } from './python-diagnosis.ts';
import type { EventContainer, TaskEventDetail } from './task-event.ts';

/** What is known about the flow run of a task that an event reports as STOPPED. */
export interface StoppedFlowRunFacts {
  readonly stateType: StateType | undefined;
  /**
   * A later claim of the run exists. This task's late end would crash the retry that already runs
   * (worker.md 0.4.6).
   */
  readonly isOfOlderClaim: boolean;
  /**
   * A worker will end this run if it is Cancelling (worker.md 11.2). If none will (cancellation is
   * off, or no worker is answerable), a Cancelling run whose task is dead would stay so for ever.
   * It is crashed then, as the Python observer does.
   */
  readonly isCancelledElsewhere: boolean;
  /**
   * Its process waited for its own retry, or was paused and will not be scheduled again: then the
   * end of the task is the end of the run.
   */
  readonly waitsInProcess?: boolean;
}

/** What to do about a STOPPED task in an event. */
export interface StoppedTaskVerdict {
  /** Propose Crashed with this message. */
  readonly crashMessage: string | undefined;
  /** One line for the flow run's log. */
  readonly log: { readonly level: 'error' | 'warning'; readonly line: string } | undefined;
  /**
   * Forward the container's log, unless the proposal is refused. `container` undefined: the
   * definition decides (worker.md 10.8).
   */
  readonly forwardLogsOf: { readonly container: string | undefined } | undefined;
}

const nothing: StoppedTaskVerdict = {
  crashMessage: undefined,
  log: undefined,
  forwardLogsOf: undefined,
};

const defaultContainerName = 'prefect';

/**
 * What an event of a STOPPED task means: crash its run, explain it, copy its log (worker.md 10.7,
 * 10.8). `flowRun` undefined: there is no such run.
 */
export function stoppedTaskVerdict(
  detail: TaskEventDetail,
  flowRun: StoppedFlowRunFacts | undefined,
): StoppedTaskVerdict {
  if (detail.taskArn === undefined || flowRun === undefined || !concerns(flowRun)) return nothing;
  const failed = containersToCheck(detail).filter(hasFailed);
  const isTelling = failed.length > 0 || detail.containers.length === 0;
  return {
    crashMessage: crashMessageFor(detail, failed),
    log: isTelling ? logLineFor(detail) : undefined,
    forwardLogsOf:
      isTelling && flowRun.stateType !== 'RUNNING' ? logsToForward(detail.containers) : undefined,
  };
}

/**
 * The verdict after Prefect's answer: a refused proposal means that the run continues without this
 * task.
 */
export function afterProposal(
  verdict: StoppedTaskVerdict,
  wasRefused: boolean,
): StoppedTaskVerdict {
  return wasRefused ? { ...verdict, forwardLogsOf: undefined } : verdict;
}

/**
 * Whether the end of the task can mean anything to its run. Of a run that is final, scheduled or
 * suspended it cannot: crashed, such a run would never run again (worker.md 10.7.2).
 */
export function concerns({
  stateType,
  isOfOlderClaim,
  isCancelledElsewhere,
  waitsInProcess = false,
}: StoppedFlowRunFacts): boolean {
  if (isOfOlderClaim) return false;
  if (stateType === undefined) return true;
  if (stateType === 'SCHEDULED' || stateType === 'PAUSED') return waitsInProcess;
  return !(isFinal(stateType) || (stateType === 'CANCELLING' && isCancelledElsewhere));
}

/**
 * The container that runs Prefect, if it can be identified, else all containers. A sidecar's
 * failure does not concern the run.
 */
function containersToCheck({ containers, overrides }: TaskEventDetail): readonly EventContainer[] {
  const names = [
    overrides.find((override) => override.namesFlowRun)?.name,
    overrides.length === 1 ? overrides[0]?.name : undefined,
    defaultContainerName,
  ];
  for (const name of names) {
    const named = containers.find((container) => name !== undefined && container.name === name);
    if (named !== undefined) return [named];
  }
  return containers;
}

function crashMessageFor(
  detail: TaskEventDetail,
  failed: readonly EventContainer[],
): string | undefined {
  if (failed.length > 0) {
    const names = failed.map((container) => container.name ?? container.containerArn ?? null);
    return `The following containers stopped with a non-zero exit code: ${pyRepr(names)}`;
  }
  if (detail.containers.length > 0 || detail.stopCode !== 'TaskFailedToStart') return undefined;
  return (
    `ECS task failed to start: ${detail.stoppedReason ?? 'unknown reason'}. ` +
    'The capacity provider could not place the task.'
  );
}

function logLineFor(detail: TaskEventDetail): StoppedTaskVerdict['log'] {
  const diagnosis = pythonDiagnosis(detail);
  if (diagnosis === undefined) return undefined;
  const { level, summary, detail: what, resolution } = diagnosis;
  return { level, line: `${summary}: ${what} Resolution: ${resolution}` };
}

function logsToForward(containers: readonly EventContainer[]): StoppedTaskVerdict['forwardLogsOf'] {
  if (containers.some((container) => container.name === defaultContainerName)) {
    return { container: defaultContainerName };
  }
  return containers.length > 1 ? undefined : { container: containers[0]?.name };
}
