import { isFinal } from '../state.ts';
import { withPolicy, type Rule } from './rule.ts';

export const handlePausingFlows: Rule = {
  name: 'HandlePausingFlows',
  from: 'any',
  to: ['PAUSED'],
  before: ({ run }, proposed, { initial }) => {
    const verb = proposed.name === 'Suspended' ? 'suspend' : 'pause';
    if (initial.type !== 'RUNNING') {
      return { kind: 'reject', reason: `Cannot ${verb} flows that are not currently running.` };
    }
    const { pause_key: key, pause_reschedule: leavesItsProcess } = proposed.state_details;
    if (key !== null && run.empirical_policy.pause_keys.includes(key)) {
      return { kind: 'reject', reason: `This ${verb} has already fired.` };
    }
    if (leavesItsProcess && run.parent_task_run_id !== null) {
      return { kind: 'abort', reason: `Cannot ${verb} subflows.` };
    }
    if (leavesItsProcess && run.deployment_id === null) {
      return { kind: 'abort', reason: `Cannot ${verb} flows without a deployment.` };
    }
    return undefined;
  },
  after: (draft, { newId }) => {
    const key = draft.proposed?.state_details.pause_key ?? newId();
    const keys = draft.run.empirical_policy.pause_keys.filter((other) => other !== key);
    draft.run = withPolicy(draft.run, { pause_keys: [...keys, key] });
  },
};

/**
 * `cancels`: since 3.8.6, a paused run may be cancelled. Before, the proposal was refused like any
 * other.
 */
export const handleResumingPausedFlows = (cancels: boolean): Rule => ({
  name: 'HandleResumingPausedFlows',
  from: ['PAUSED'],
  to: 'any',
  before: ({ run }, proposed, { initial, now, newState }) => {
    const mayLeave =
      ['RUNNING', 'SCHEDULED'].includes(proposed.type) ||
      (cancels && proposed.type === 'CANCELLING') ||
      isFinal(proposed.type);
    if (!mayLeave) {
      return {
        kind: 'reject',
        reason:
          `This run cannot transition to the StateType.${proposed.type} state from the ` +
          `StateType.${initial.type} state.`,
      };
    }
    const shown = proposed.name.toLowerCase();
    if (initial.state_details.pause_reschedule && run.deployment_id === null) {
      return {
        kind: 'reject',
        reason: `Cannot reschedule a ${shown} flow run without a deployment.`,
      };
    }
    if (proposed.type === 'CANCELLING') return undefined;
    const { pause_timeout: deadline } = initial.state_details;
    if (deadline === null || deadline >= now) return undefined;
    const verb = proposed.name === 'Suspended' ? 'suspend' : 'pause';
    return {
      kind: 'reject',
      state: newState({ type: 'FAILED', message: `The flow was ${shown} and never resumed.` }),
      reason: `The flow run ${verb} has timed out and can no longer resume.`,
    };
  },
  after: (draft) => {
    draft.run = withPolicy(draft.run, { resuming: true });
  },
});
