import { describe, expect, it } from 'vitest';
import { followerLabel } from './claim-record.ts';
import { cancelledAt, cancelledOlderClaims, mayHaveOlderClaim } from './older-tasks.ts';
import { aState, factsOf } from './histories.test-support.ts';

const scheduled = aState('SCHEDULED', 'Scheduled');
const claim = aState('PENDING', 'Pending', { timestamp: '2026-01-01T00:00:00Z' });
const running = aState('RUNNING', 'Running');
const cancelled = aState('CANCELLED', 'Cancelled', { timestamp: '2026-01-01T00:00:10Z' });
const failed = aState('FAILED', 'Failed');
const retried = aState('SCHEDULED', 'AwaitingRetry');
const laterClaim = aState('PENDING', 'Pending', { timestamp: '2026-01-01T00:01:00Z' });

describe('Older claims whose tasks may still run', () => {
  it('are those that were cancelled before the run was claimed again', () => {
    const facts = factsOf([scheduled, claim, running, cancelled, retried, laterClaim, running]);
    const [older, ...others] = cancelledOlderClaims(facts);

    expect(others).toEqual([]);
    expect(older).toMatchObject({
      launchId: claim.transitionId,
      since: [running, cancelled, retried],
      overtakenAt: laterClaim.timestamp,
    });
    expect(older && cancelledAt(older)).toBe(cancelled.timestamp);
  });

  it('are distinguished from a later claim without a time', () => {
    const timeless = aState('PENDING', 'Pending');
    const [older] = cancelledOlderClaims(factsOf([scheduled, claim, cancelled, retried, timeless]));

    expect(older?.overtakenAt).toBe('');
  });

  it.each([
    ['the latest claim, which its follower stops', [scheduled, claim, cancelled]],
    ['a claim whose run failed', [scheduled, claim, running, failed, retried, laterClaim]],
    [
      'a claim without any id',
      [{ ...claim, id: undefined, transitionId: undefined }, cancelled, retried, laterClaim],
    ],
  ])('do not include %s', (_which, history) =>
    expect(cancelledOlderClaims(factsOf(history))).toEqual([]),
  );
});

describe('The history of a scheduled run is read', () => {
  const first = { infrastructurePid: undefined, labels: {}, stateName: 'Scheduled' };

  it.each([
    ['not for one that shows no trace of a claim', first, false],
    ['for one that names a task', { ...first, infrastructurePid: 'default::arn' }, true],
    ['for one that somebody followed', { ...first, labels: { [followerLabel]: 'somebody' } }, true],
    ['for one that was retried', { ...first, stateName: 'AwaitingRetry' }, true],
  ])('%s', (_which, flowRun, isRead) => expect(mayHaveOlderClaim(flowRun)).toBe(isRead));
});
