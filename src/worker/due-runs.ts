import { recordsPerPage } from '../core/prefect/page.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { PrefectApi } from '../run/ports/prefect-api.ts';

type Polled = Pick<PrefectApi, 'readScheduledFlowRuns' | 'readWorkQueueNames'>;

/** Which runs are due: where, and until when. */
export interface Due {
  readonly workPoolName: string;
  /** Empty: all queues of the pool. */
  readonly workQueueNames: readonly string[];
  readonly scheduledBefore: Date;
}

/** Runs that are due. */
export interface DuePage {
  readonly runs: readonly FlowRun[];
  /** More runs may be due behind these. */
  readonly isFull: boolean;
}

/**
 * The runs that the server offers: by priority of the queue, then by time; at most one page, and at
 * most the free slots of the pool and of each queue (prefect-api.md 2.5).
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
 * All due runs, for when all offered runs are held back and hide the others. Reads queue by queue,
 * and each queue from one time to the next, because the server offers no other paging. Includes the
 * runs that were offered. (If more than a page of runs of one queue share one instant, some stay
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

/** The server takes a time as "from then on", and returns times to the microsecond. */
function justAfter(time: string): string {
  return new Date(Date.parse(time) + 1).toISOString();
}
