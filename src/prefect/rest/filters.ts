import type { FlowRunFilter } from '../../core/prefect/api-facts.ts';

/** Default and maximum of a self-hosted server; a larger limit is refused (prefect-api.md 9). */
export const pageSize = 200;

/** Body of `POST /flow_runs/filter`, in an order that stays the same from page to page. */
export function flowRunFilterBody(filter: FlowRunFilter, offset: number): Record<string, unknown> {
  const { ids, stateTypes, stateNames, neverStarted, endedAfter, workPoolName, workQueueNames } = filter;
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
    },
    ...(workPoolName !== undefined && { work_pools: { name: { any_: [workPoolName] } } }),
    ...(workQueueNames !== undefined &&
      workQueueNames.length > 0 && { work_pool_queues: { name: { any_: workQueueNames } } }),
    sort: 'ID_DESC',
    limit: pageSize,
    offset,
  };
}
