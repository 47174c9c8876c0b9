import { withDetails, type StateDetails, type StateType } from '../state.ts';
import { secondsBetween } from '../timestamps.ts';
import type { Draft, Rule } from './rule.ts';

/** A repeated proposal (its answer was lost) gets the answer to the first one. */
export const preventDuplicateTransitions: Rule = {
  name: 'PreventDuplicateTransitions',
  from: 'any',
  to: 'any',
  before: (_draft, proposed, { initial }) => {
    const { transition_id: id } = proposed.state_details;
    if (id === null || id !== initial.state_details.transition_id) return undefined;
    return { kind: 'reject', reason: 'This run has already made this state transition.' };
  },
};

const claimed: readonly StateType[] = ['PENDING', 'CANCELLING', 'RUNNING', 'CANCELLED'];

/** The lock between two workers. */
function refusedClaim(type: StateType): string {
  return `This run is in a ${type} state and cannot transition to a PENDING state.`;
}

/** Since 3.6.22, a Pending run may go to a sub-state, which is any name other than `Pending`. */
export const preventPendingTransitions: Rule = {
  name: 'PreventPendingTransitions',
  from: claimed,
  to: ['PENDING'],
  before: (draft, proposed, { initial }) => {
    const isProgress =
      initial.type === 'PENDING' && initial.name !== proposed.name && proposed.name !== 'Pending';
    if (!isProgress) return { kind: 'abort', reason: refusedClaim(initial.type) };
    const { scheduled_time, deployment_concurrency_lease_id } = initial.state_details;
    change(draft, { scheduled_time, deployment_concurrency_lease_id });
    return undefined;
  },
};

/** Before 3.6.22. */
export const preventAllPendingTransitions: Rule = {
  name: 'PreventPendingTransitions',
  from: claimed,
  to: ['PENDING'],
  before: (_draft, _proposed, { initial }) => ({
    kind: 'abort',
    reason: refusedClaim(initial.type),
  }),
};

export const copyScheduledTime: Rule = {
  name: 'CopyScheduledTime',
  from: ['SCHEDULED'],
  to: ['PENDING'],
  before: (draft, proposed, { initial }) => {
    if (proposed.state_details.scheduled_time === null) {
      change(draft, { scheduled_time: initial.state_details.scheduled_time });
    }
    return undefined;
  },
};

export const waitForScheduledTime: Rule = {
  name: 'WaitForScheduledTime',
  from: ['SCHEDULED', 'PENDING'],
  to: ['RUNNING'],
  before: (_draft, _proposed, { initial, now }) => {
    const { scheduled_time: due } = initial.state_details;
    if (due === null) return undefined;
    const delaySeconds = roundHalfEven(secondsBetween(now, due));
    if (delaySeconds <= 0) return undefined;
    return { kind: 'wait', delaySeconds, reason: 'Scheduled time is in the future' };
  },
};

/**
 * Python rounds half to even. Here the whole seconds are floored first, then the rest is rounded.
 */
function roundHalfEven(seconds: number): number {
  const whole = Math.floor(seconds);
  return whole + (seconds - whole > 0.5 ? 1 : 0);
}

export const ensureOnlyScheduledFlowsMarkedLate: Rule = {
  name: 'EnsureOnlyScheduledFlowsMarkedLate',
  from: 'any',
  to: ['SCHEDULED'],
  before: (_draft, proposed, { initial }) => {
    if (proposed.name !== 'Late') return undefined;
    if (initial.type !== 'SCHEDULED')
      return { kind: 'reject', reason: 'Only scheduled flows can be marked late.' };
    if (initial.name === 'Late')
      return { kind: 'reject', reason: 'This flow run is already marked late.' };
    return undefined;
  },
};

function change(draft: Draft, details: Partial<StateDetails>): void {
  if (draft.proposed !== undefined) draft.proposed = withDetails(draft.proposed, details);
}
