import { recordsPerPage } from '../../core/prefect/page.ts';
import type { FlowRunFilter } from '../../core/prefect/api-facts.ts';

/** Where a page begins: at this time, inclusive, and after this many runs of that instant. */
export interface PageStart {
  readonly after: string | undefined;
  readonly offset: number;
}

export const firstPage: PageStart = { after: undefined, offset: 0 };

/**
 * The page after one that ended at `last`. By time, and by `offset` only among runs of one instant:
 * a run that ends between two pages would otherwise move another run onto the page that was already
 * read, and that run would not be adopted (worker.md 9.7.1).
 */
export function nextPage(
  { after, offset }: PageStart,
  { last, count }: { readonly last: string | undefined; readonly count: number },
): PageStart {
  return last === undefined || last === after
    ? { after, offset: offset + count }
    : { after: last, offset: 0 };
}

/** Body of `POST /flow_runs/filter`, ordered by expected start time. */
export function flowRunFilterBody(
  filter: FlowRunFilter,
  { after, offset }: PageStart = firstPage,
  limit = recordsPerPage,
): Record<string, unknown> {
  const { ids, stateTypes, stateNames, neverStarted, endedAfter, workPoolName, workQueueNames } =
    filter;
  const state = {
    ...(stateTypes !== undefined && { type: { any_: stateTypes } }),
    ...(stateNames !== undefined && { name: { any_: stateNames } }),
  };
  return {
    flow_runs: {
      ...(ids !== undefined && { id: { any_: ids } }),
      ...(Object.keys(state).length > 0 && { state }),
      ...(neverStarted === true && { start_time: { is_null_: true } }),
      ...(endedAfter !== undefined && { end_time: { after_: endedAfter } }),
      ...(after !== undefined && { expected_start_time: { after_: after } }),
    },
    ...(workPoolName !== undefined && { work_pools: { name: { any_: [workPoolName] } } }),
    ...(workQueueNames !== undefined &&
      workQueueNames.length > 0 && { work_pool_queues: { name: { any_: workQueueNames } } }),
    sort: 'EXPECTED_START_TIME_ASC',
    limit,
    offset,
  };
}
