import {
  hasPersistedResult,
  isFinal,
  withDetails,
  finalTypes,
  type State,
  type StateType,
} from '../state.ts';
import { plusSeconds } from '../timestamps.ts';
import { withPolicy, type Rule, type Verdict } from './rule.ts';

const overwritten: Verdict = {
  kind: 'reject',
  reason:
    'Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.',
};

function losesResult(initial: State, proposed: State): boolean {
  return (
    initial.type === 'COMPLETED' &&
    proposed.type === 'COMPLETED' &&
    hasPersistedResult(initial.data) &&
    !hasPersistedResult(proposed.data)
  );
}

const neverAfterTheEnd: readonly StateType[] = ['CANCELLING', 'PAUSED', 'CRASHED'];

/** `keepsResults`: since 3.7.1, a COMPLETED may not replace another one's stored result. */
export const handleFlowTerminalStateTransitions = (keepsResults: boolean): Rule => ({
  name: 'HandleFlowTerminalStateTransitions',
  from: finalTypes,
  to: 'any',
  before: (draft, proposed, { initial }) => {
    if (neverAfterTheEnd.includes(proposed.type)) {
      return { kind: 'abort', reason: `Run is already in terminal state ${initial.type}.` };
    }
    if (
      initial.type === 'COMPLETED' &&
      !isFinal(proposed.type) &&
      hasPersistedResult(initial.data)
    ) {
      return { kind: 'reject', reason: 'Run is already COMPLETED.' };
    }
    if (keepsResults && losesResult(initial, proposed)) return overwritten;
    if (proposed.type === 'SCHEDULED' && draft.run.deployment_id === null) {
      return { kind: 'abort', reason: 'Cannot reschedule a run without an associated deployment.' };
    }
    if (!isFinal(proposed.type)) {
      draft.run = withPolicy(draft.run, {
        resuming: false,
        pause_keys: [],
        retry_type: proposed.type === 'SCHEDULED' ? 'reschedule' : null,
      });
    }
    return undefined;
  },
  undo: (draft, { policyBefore }) => {
    draft.run = withPolicy(draft.run, policyBefore);
  },
});

/** The only guard that `force` does not skip. */
export const preventResultDataLoss: Rule = {
  name: 'PreventResultDataLoss',
  from: finalTypes,
  to: finalTypes,
  before: (_draft, proposed, { initial }) =>
    losesResult(initial, proposed) ? overwritten : undefined,
};

export const enforceCancellingToCancelledTransition: Rule = {
  name: 'EnforceCancellingToCancelledTransition',
  from: ['CANCELLING'],
  to: ['SCHEDULED', 'PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CRASHED', 'PAUSED', 'CANCELLING'],
  before: () => ({
    kind: 'reject',
    reason: 'Cannot transition flows that are cancelling to a state other than Cancelled.',
  }),
};

export const bypassCancellingFlowRunsWithNoInfra: Rule = {
  name: 'BypassCancellingFlowRunsWithNoInfra',
  from: ['SCHEDULED', 'PAUSED'],
  to: ['CANCELLING'],
  before: (draft, _proposed, { initial, newState }) => {
    const hasPid = (draft.run.infrastructure_pid ?? '') !== '';
    if ((initial.type === 'SCHEDULED' && !hasPid) || initial.name === 'Resuming') {
      return {
        kind: 'reject',
        state: newState({ type: 'CANCELLED' }),
        reason: 'Scheduled flow run has no infrastructure to terminate.',
      };
    }
    if (initial.type === 'PAUSED' && initial.state_details.pause_reschedule) {
      return {
        kind: 'reject',
        state: newState({ type: 'CANCELLED' }),
        reason: 'Suspended flow run has no infrastructure to terminate.',
      };
    }
    return undefined;
  },
};

/**
 * Failed becomes AwaitingRetry while attempts are left. The process waits and proposes Running
 * again. `keepsSlot`: since 3.8.5, the lease is kept.
 */
export const retryFailedFlows = (keepsSlot: boolean): Rule => ({
  name: 'RetryFailedFlows',
  from: ['RUNNING'],
  to: ['FAILED'],
  before: (draft, proposed, { initial, now, newState }) => {
    const { retries, retry_delay: delay } = draft.run.empirical_policy;
    if (retries === null || draft.run.run_count > retries) {
      draft.run = withPolicy(draft.run, { retry_type: null });
      return undefined;
    }
    draft.run = withPolicy(draft.run, {
      resuming: false,
      pause_keys: [],
      retry_type: 'in_process',
    });
    const retry = newState({
      type: 'SCHEDULED',
      name: 'AwaitingRetry',
      message: proposed.message,
      data: proposed.data,
      state_details: { scheduled_time: plusSeconds(now, delay ?? 0) },
    });
    const { deployment_concurrency_lease_id } = initial.state_details;
    return {
      kind: 'reject',
      state: keepsSlot ? withDetails(retry, { deployment_concurrency_lease_id }) : retry,
      reason: 'Retrying',
    };
  },
});
