import { withDetails } from '../state.ts';
import { plusSeconds } from '../timestamps.ts';
import type { Deployment } from '../records.ts';
import type { Rule, Verdict } from './rule.ts';

/** `PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION`. */
const leaseSeconds = 300;
/** `PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS`. */
const slotWaitSeconds = 30;

function graceOf(deployment: Deployment): number {
  return deployment.concurrency_options?.grace_period_seconds ?? leaseSeconds;
}

const full = 'Deployment concurrency limit reached.';

/**
 * A claim takes a slot of its deployment. `leases`: since 3.4.11, a lease that must be renewed
 * holds the slot.
 */
export const secureFlowConcurrencySlots = (leases: boolean): Rule => ({
  name: 'SecureFlowConcurrencySlots',
  from: ['SCHEDULED', 'COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED', 'PAUSED'],
  to: ['PENDING'],
  before: (draft, proposed, situation) => {
    const { deployment, slots, now, newState } = situation;
    if (draft.run.deployment_id === null || situation.clientManagesConcurrency) return undefined;
    if (deployment === undefined) return { kind: 'abort', reason: 'Deployment not found.' };
    if (slots === undefined) return undefined;
    if (slots.limit === 0) {
      return {
        kind: 'abort',
        reason: 'The deployment concurrency limit is 0. The flow will deadlock if submitted again.',
      };
    }
    if (slots.take()) {
      if (leases) {
        const deployment_concurrency_lease_id = slots.lease(graceOf(deployment));
        draft.proposed = withDetails(proposed, { deployment_concurrency_lease_id });
      }
      return undefined;
    }
    if (deployment.concurrency_options?.collision_strategy === 'CANCEL_NEW') {
      return {
        kind: 'reject',
        state: newState({ type: 'CANCELLED', message: full }),
        reason: full,
      };
    }
    return {
      kind: 'reject',
      state: newState({
        type: 'SCHEDULED',
        name: 'AwaitingConcurrencySlot',
        state_details: { scheduled_time: plusSeconds(now, slotWaitSeconds) },
      }),
      reason: full,
    };
  },
  undo: (_draft, { slots }) => slots?.giveBack(),
});

/** A lease that expired while the task was starting is taken again if a slot is free. */
export const validateDeploymentConcurrencyAtRunning: Rule = {
  name: 'ValidateDeploymentConcurrencyAtRunning',
  from: ['PENDING'],
  to: ['RUNNING'],
  before: (draft, proposed, { initial, deployment, slots, clientKeepsLeases, newState }) => {
    const { deployment_concurrency_lease_id: leaseId } = initial.state_details;
    draft.proposed = withDetails(proposed, { deployment_concurrency_lease_id: leaseId });
    if (leaseId === null || !clientKeepsLeases) return undefined;
    if (deployment === undefined || slots === undefined) return undefined;
    if (slots.renew(leaseId, graceOf(deployment))) return undefined;
    if (slots.take()) {
      const deployment_concurrency_lease_id = slots.lease(graceOf(deployment));
      draft.proposed = withDetails(proposed, { deployment_concurrency_lease_id });
      return undefined;
    }
    return {
      kind: 'reject',
      state: newState({
        type: 'CANCELLED',
        message:
          'Deployment concurrency slot lost during provisioning - no slots available to ' +
          'continue execution',
      }),
      reason: 'Deployment concurrency limit reached after lease expiry.',
    };
  },
};

export const removeLeaseForOldClients: Rule = {
  name: 'RemoveDeploymentConcurrencyLeaseForOldClientVersions',
  from: ['PENDING'],
  to: ['RUNNING', 'CANCELLING'],
  after: (_draft, { initial, slots, clientKeepsLeases }) => {
    const { deployment_concurrency_lease_id: leaseId } = initial.state_details;
    if (!clientKeepsLeases && leaseId !== null) slots?.forget(leaseId);
  },
};

/** A run that would become late while a CANCEL_NEW limit is full ends instead. */
export const enforceDeploymentConcurrencyOnLate: Rule = {
  name: 'EnforceDeploymentConcurrencyOnLate',
  from: ['SCHEDULED'],
  to: ['SCHEDULED'],
  before: (_draft, proposed, { deployment, slots, newState }): Verdict | undefined => {
    if (proposed.name !== 'Late' || slots === undefined) return undefined;
    if (deployment?.concurrency_options?.collision_strategy !== 'CANCEL_NEW') return undefined;
    if (!slots.isFull()) return undefined;
    return {
      kind: 'reject',
      state: newState({ type: 'CANCELLED', message: full }),
      reason: 'Deployment concurrency limit is full and uses the CANCEL_NEW strategy.',
    };
  },
};
