import type { ServerVersion } from '../server-version.ts';
import {
  copyScheduledTime,
  ensureOnlyScheduledFlowsMarkedLate,
  preventAllPendingTransitions,
  preventDuplicateTransitions,
  preventPendingTransitions,
  waitForScheduledTime,
} from './claim-rules.ts';
import {
  enforceDeploymentConcurrencyOnLate,
  removeLeaseForOldClients,
  secureFlowConcurrencySlots,
  validateDeploymentConcurrencyAtRunning,
} from './concurrency-rules.ts';
import {
  bypassCancellingFlowRunsWithNoInfra,
  enforceCancellingToCancelledTransition,
  handleFlowTerminalStateTransitions,
  preventResultDataLoss,
  retryFailedFlows,
} from './ending-rules.ts';
import { handlePausingFlows, handleResumingPausedFlows } from './pause-rules.ts';
import type { Policy } from './rule.ts';

export interface Policies {
  /** The rules for a client's proposal. */
  readonly core: Policy;
  /** The rules that remain under `force`. */
  readonly forced: Policy;
  readonly late: Policy;
}

/**
 * The order is the server's and matters: the first rule that changes the transition silences those
 * after it.
 */
export function policiesOf(version: ServerVersion): Policies {
  const leases = version.has('leases');
  return {
    core: {
      keepsLeaseId: version.has('leaseIdKept'),
      releasesSlots: true,
      retryKeepsSlot: version.has('retryKeepsSlot'),
      rules: [
        preventDuplicateTransitions,
        handleFlowTerminalStateTransitions(version.has('resultsKept')),
        enforceCancellingToCancelledTransition,
        bypassCancellingFlowRunsWithNoInfra,
        version.has('pendingSubStates') ? preventPendingTransitions : preventAllPendingTransitions,
        ...(leases ? [validateDeploymentConcurrencyAtRunning] : []),
        ...(version.has('deploymentConcurrency') ? [secureFlowConcurrencySlots(leases)] : []),
        ...(leases ? [removeLeaseForOldClients] : []),
        ensureOnlyScheduledFlowsMarkedLate,
        handlePausingFlows,
        handleResumingPausedFlows(version.has('pausedCancels')),
        copyScheduledTime,
        waitForScheduledTime,
        retryFailedFlows(version.has('retryKeepsSlot')),
      ],
    },
    forced: {
      keepsLeaseId: false,
      releasesSlots: true,
      retryKeepsSlot: version.has('retryKeepsSlot'),
      rules: [
        ...(version.has('resultsKept') ? [preventResultDataLoss] : []),
        bypassCancellingFlowRunsWithNoInfra,
      ],
    },
    late: {
      keepsLeaseId: false,
      releasesSlots: false,
      retryKeepsSlot: version.has('retryKeepsSlot'),
      rules: [ensureOnlyScheduledFlowsMarkedLate, enforceDeploymentConcurrencyOnLate],
    },
  };
}
