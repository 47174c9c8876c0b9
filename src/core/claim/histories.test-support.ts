import type { State, StateType } from '../prefect/state.ts';
import type { LookFacts } from './act-rows.ts';
import { followerLabel, followerText } from './claim-record.ts';
import { latestClaim, type JudgeClaim } from './claims.ts';

let drawn = 0;

/** A state with ids of its own. */
export function aState(type: StateType, name: string, changes: Partial<State> = {}): State {
  drawn += 1;
  return {
    id: `s${drawn}`,
    type,
    name,
    message: undefined,
    timestamp: undefined,
    transitionId: `00000000-0000-4000-8000-${String(drawn).padStart(12, '0')}`,
    deploymentConcurrencyLeaseId: undefined,
    data: undefined,
    details: {},
    ...changes,
  };
}

export const me = '11111111-1111-4111-8111-111111111111';
export const another = '22222222-2222-4222-8222-222222222222';

export interface FactsChanges {
  /** Whom the label names as the follower of the latest claim. */
  readonly follower?: string;
  readonly retryType?: string;
  readonly infrastructurePid?: string;
  readonly deploymentId?: string | undefined;
  readonly judge?: JudgeClaim;
}

/** What a look shows of a run with this history. */
export function factsOf(history: readonly State[], changes: FactsChanges = {}): LookFacts {
  const { follower, retryType, infrastructurePid, judge } = changes;
  const launchId = latestClaim(history, {}, judge)?.launchId ?? '';
  const owner = { workerName: 'w', processId: follower ?? '' };
  const labels = follower === undefined ? {} : { [followerLabel]: followerText(launchId, owner) };
  const deploymentId = 'deploymentId' in changes ? changes.deploymentId : 'deployment';
  return {
    flowRun: { labels, retryType, infrastructurePid, deploymentId },
    history,
    present: history.at(-1) ?? aState('SCHEDULED', 'Scheduled'),
    claim: latestClaim(history, labels, judge),
  };
}
