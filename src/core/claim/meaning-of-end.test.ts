import { describe, expect, it } from 'vitest';
import type { State } from '../prefect/state.ts';
import type { LookFacts } from './act-rows.ts';
import { claimMessage } from './claim-record.ts';
import { awaitingCapacity } from './claims.ts';
import { another, aState, factsOf, me, type FactsChanges } from './histories.test-support.ts';
import { meaningOfEnd } from './meaning-of-end.ts';
import { standingOf } from './standing.ts';

const claim = aState('PENDING', 'Pending', {
  message: claimMessage({ workerName: 'w', processId: me }, undefined),
});
const actor = { launchId: claim.transitionId ?? '', processId: me };
const since = (states: readonly State[], changes?: FactsChanges): LookFacts =>
  factsOf([claim, ...states], changes);
const scheduled = aState('SCHEDULED', 'Scheduled');
const submitting = aState('PENDING', 'Submitting');
const running = aState('RUNNING', 'Running');
const completed = aState('COMPLETED', 'Completed');
const cancelled = aState('CANCELLED', 'Cancelled');
const retrying = aState('SCHEDULED', 'AwaitingRetry');

describe("The end of a claim's task", () => {
  it.each<[string, LookFacts, object]>([
    [
      'crashes a run that never connected',
      since([submitting]),
      { kind: 'crashed', hadConnected: false },
    ],
    [
      'crashes a run that runs',
      since([running]),
      { kind: 'crashed', hadConnected: true, awaitedRetry: false },
    ],
    [
      'cancels a run that is Cancelling',
      since([aState('CANCELLING', 'Cancelling')]),
      { kind: 'cancelled' },
    ],
    [
      'cancels a run whose process said Running over Cancelled',
      since([cancelled, running]),
      { kind: 'cancelled' },
    ],
    [
      'cancels a run whose Cancelled late progress hides',
      since([cancelled, submitting]),
      { kind: 'cancelled' },
    ],
    [
      'lets a run run again that was retried meanwhile',
      since([cancelled, scheduled, running]),
      { kind: 'to-run-again' },
    ],
    [
      'lets a run run again whose resumption late progress hides',
      since([running, aState('PAUSED', 'Suspended'), aState('SCHEDULED', 'Resuming'), submitting]),
      { kind: 'to-run-again' },
    ],
    [
      'crashes a run whose wait for its own retry late progress hides',
      since([running, retrying, submitting], { retryType: 'in_process' }),
      { kind: 'crashed' },
    ],
    [
      'crashes a run that was retried in its own process',
      since([running, retrying, running]),
      { kind: 'crashed' },
    ],
    [
      'crashes a run that waits for its own retry',
      since([running, retrying], { retryType: 'in_process' }),
      { kind: 'crashed', hadConnected: true, awaitedRetry: true },
    ],
    [
      'is nothing to a run that is scheduled',
      since([running, scheduled]),
      { kind: 'nothing', saidCrashed: false },
    ],
    [
      'brings to light an end that late progress hides',
      since([completed, submitting]),
      { kind: 'hidden', state: completed },
    ],
    [
      'leaves a paused run to who asks',
      since([running, aState('PAUSED', 'Paused')]),
      { kind: 'paused' },
    ],
    [
      'is nothing to a suspended run',
      since([running, aState('PAUSED', 'Suspended', { details: { pause_reschedule: true } })]),
      { kind: 'nothing', saidCrashed: false },
    ],
    [
      'is nothing to a run that completed',
      since([running, completed]),
      { kind: 'nothing', saidCrashed: false },
    ],
    [
      'is nothing to a run that said itself that it crashed',
      since([aState('CRASHED', 'Crashed')]),
      { kind: 'nothing', saidCrashed: true },
    ],
    [
      'is nothing once another claim was made',
      since([completed, scheduled, aState('PENDING', 'Pending')]),
      { kind: 'nothing', saidCrashed: false },
    ],
    [
      'is nothing once a later launch was announced',
      since([aState('PENDING', awaitingCapacity(2))]),
      { kind: 'nothing', saidCrashed: false },
    ],
    [
      'is nothing of a run that another process follows',
      since([running], { follower: another }),
      { kind: 'nothing', saidCrashed: false },
    ],
    [
      'is not known while another claim may be void',
      since([running, retrying, aState('PENDING', 'Pending')], { retryType: 'in_process' }),
      { kind: 'undecided' },
    ],
  ])('%s', (_what, facts, meaning) => expect(meaningOfEnd(facts, actor, 1)).toMatchObject(meaning));

  it('is reported by an observer whichever process follows the run', () => {
    const observer = { ...actor, processId: undefined };

    expect(meaningOfEnd(since([running], { follower: another }), observer, 1).kind).toBe('crashed');
  });
});

describe('A claim about to make its third launch', () => {
  const third = aState('PENDING', awaitingCapacity(3), { timestamp: 'then' });
  const fourth = aState('PENDING', awaitingCapacity(4));

  it.each<[string, LookFacts, object]>([
    [
      'stands once announced',
      since([submitting, third]),
      { kind: 'stands', token: third.transitionId, attempt: 3, announcedAt: 'then' },
    ],
    ['does not while its announcement is lost', since([submitting]), { kind: 'not-announced' }],
    [
      'goes on with a later launch that was announced for it',
      since([third, fourth]),
      { kind: 'stands', token: fourth.transitionId, attempt: 4 },
    ],
    [
      'is overtaken by whoever follows it',
      since([third, fourth], { follower: another }),
      { kind: 'overtaken' },
    ],
    [
      'is overtaken by a later claim',
      since([third, aState('PENDING', 'Pending')]),
      { kind: 'overtaken' },
    ],
    ['is nobody’s in a run that was never claimed', factsOf([scheduled]), { kind: 'overtaken' }],
    ['waits until it is known to be a claim', factsOf([running, claim]), { kind: 'undecided' }],
    [
      'ends with a cancellation',
      since([third, aState('CANCELLING', 'Cancelling')]),
      { kind: 'went-on', type: 'CANCELLING' },
    ],
    [
      'ends with an end that late progress hides',
      since([third, completed, submitting]),
      { kind: 'hidden', state: completed },
    ],
    [
      'ends with a start that late progress hides',
      since([third, running, submitting]),
      { kind: 'overtaken' },
    ],
  ])('%s', (_what, facts, standing) => expect(standingOf(facts, actor, 3)).toMatchObject(standing));

  it('is replaced by a later launch of a claim with an unknown owner', () => {
    const bare = aState('PENDING', 'Pending');
    const facts = factsOf([bare, third, fourth]);

    expect(standingOf(facts, { ...actor, launchId: bare.transitionId ?? '' }, 3)).toEqual({
      kind: 'overtaken',
    });
  });
});
