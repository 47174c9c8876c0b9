import { recordsPerPage } from '../core/prefect/page.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { PrefectApi } from '../run/ports/prefect-api.ts';

type Polled = Pick<PrefectApi, 'readScheduledFlowRuns' | 'readWorkQueueNames'>;

/** Where and when runs are due. */
export interface Due {
  readonly workPoolName: string;
  /** Empty: all queues of the pool. */
  readonly workQueueNames: readonly string[];
  readonly scheduledBefore: Date;
}

/** Runs that are due. */
export interface DuePage {
  readonly runs: readonly FlowRun[];
  /** Others may be due behind them. */
  readonly isFull: boolean;
}

/**
 * The runs that the server offers: ordered by queue priority, then by time, and never more than one
 * page or than the free slots of the pool and of each queue (prefect-api.md 2.5).
 */
export async function offeredRuns(
  due: Due,
  prefect: Polled,
  signal: AbortSignal,
): Promise<DuePage> {
  const { runs, isCut } = await prefect.readScheduledFlowRuns(due, signal);
  return {
    runs: runs.map(({ flowRun }) => flowRun),
    isFull: isCut || runs.length >= recordsPerPage,
  };
}

/**
 * All due runs, for when those that are offered are all held back and hide the others: queue by
 * queue, from one time on to the next, since that is what the server can be asked for. What was
 * offered is among them. (Only of more than a page of runs of one queue and one instant some stay
 * hidden.)
 */
export async function* hiddenRuns(
  due: Due,
  prefect: Polled,
  signal: AbortSignal,
): AsyncGenerator<DuePage, void> {
  const { workPoolName, workQueueNames } = due;
  const isNamed = workQueueNames.length > 0;
  for (const name of isNamed
    ? workQueueNames
    : await prefect.readWorkQueueNames(workPoolName, signal)) {
    let scheduledAfter: string | undefined;
    for (;;) {
      const asked = { ...due, workQueueNames: [name], scheduledAfter };
      const page = await offeredRuns(asked, prefect, signal);
      yield page;
      const latest = page.runs.at(-1)?.nextScheduledStartTime;
      if (latest === undefined) break;
      scheduledAfter = latest === scheduledAfter ? justAfter(latest) : latest;
    }
  }
}

/** Times are asked for as "from then on", and are told to the microsecond. */
function justAfter(time: string): string {
  return new Date(Date.parse(time) + 1).toISOString();
}
