import type { FlowRunHead } from '../prefect/flow-run-head.ts';

/**
 * The order in which orphans are looked at: first those for which a delay costs most, such as a
 * lease that expires (worker.md 9.7.3).
 */
export function roundOrder({ stateType, state }: FlowRunHead): number {
  if (stateType === 'CANCELLING') return 0;
  if (stateType !== 'PENDING') return 3;
  return state.leaseId === undefined ? 2 : 1;
}

/** By the state's type and name: the task of a run that was rescheduled or suspended has ended. */
export function mayHaveTask({ stateType, retryType, state }: FlowRunHead): boolean {
  if (stateType === 'SCHEDULED') return retryType === 'in_process';
  return !(stateType === 'PAUSED' && state.isSuspended);
}
