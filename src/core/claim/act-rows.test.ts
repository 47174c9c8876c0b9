import { describe, expect, it } from 'vitest';
import type { State } from '../prefect/state.ts';
import {
  awaitsOwnRetry,
  hiddenFinal,
  isCancellationWanted,
  isLetGo,
  isPausedInProcess,
  ownerOfClaim,
  standsAfterLaunch,
  whyNotCancelled,
  whyNotCrashed,
  whyNotGivenBack,
  whyNotLaunchable,
  whyNotMine,
  whyNotReclaimed,
  type Actor,
  type LookFacts,
} from './act-rows.ts';
import { claimMessage, followerLabel, handedOnText } from './claim-record.ts';
import { another, aState, factsOf, me, type FactsChanges } from './histories.test-support.ts';

const claim = aState('PENDING', 'Pending', {
  message: claimMessage({ workerName: 'w', processId: me }, undefined),
});
const scheduled = aState('SCHEDULED', 'Scheduled');
const retrying = aState('SCHEDULED', 'AwaitingRetry');
const submitting = aState('PENDING', 'Submitting');
const running = aState('RUNNING', 'Running');
const completed = aState('COMPLETED', 'Completed');
const failed = aState('FAILED', 'Failed');
const crashed = aState('CRASHED', 'Crashed');
const cancelling = aState('CANCELLING', 'Cancelling');
const cancelled = aState('CANCELLED', 'Cancelled');
const paused = aState('PAUSED', 'Paused');
const suspended = aState('PAUSED', 'Suspended', { details: { pause_reschedule: true } });
const laterClaim = aState('PENDING', 'Pending');

const actor: Actor = { launchId: claim.transitionId ?? '', processId: me };
const observer: Actor = { ...actor, processId: undefined };
const since = (states: readonly State[], changes?: FactsChanges): LookFacts =>
  factsOf([scheduled, claim, ...states], changes);

describe('The process that may act for a claim', () => {
  it('is the process that its label names, else the one that its own message names', () => {
    expect(ownerOfClaim(since([]))?.processId).toBe(me);
    expect(ownerOfClaim(since([], { follower: another }))?.processId).toBe(another);
    expect(ownerOfClaim(factsOf([scheduled]))).toBeUndefined();
    expect(whyNotMine(since([]), actor)).toBeUndefined();
    expect(whyNotMine(since([], { follower: another }), actor)).toBe('another process follows it');
    expect(
      whyNotMine(factsOf([scheduled, laterClaim]), {
        ...actor,
        launchId: laterClaim.transitionId ?? '',
      }),
    ).toBe('another process follows it');
  });

  it('does not exist once the process in its label has handed it on', () => {
    const label = handedOnText(claim.transitionId ?? '');
    const { flowRun, ...facts } = since([]);
    const left = { ...facts, flowRun: { ...flowRun, labels: { [followerLabel]: label } } };

    expect(ownerOfClaim(left)).toBeUndefined();
    expect(whyNotMine(left, actor)).toBe('another process follows it');
    expect(isLetGo(left, actor)).toBe(true);
  });

  it('is any observer of its task while the claim is the latest', () => {
    expect(whyNotMine(since([], { follower: another }), observer)).toBeUndefined();
    expect(isLetGo(since([], { follower: another }), observer)).toBe(false);
    expect(whyNotMine(since([failed, laterClaim]), observer)).toBe('another claim is the latest');
  });

  it('does not exist while the claim may be void', () => {
    const doubtful = factsOf([scheduled, running, claim]);
    expect(whyNotMine(doubtful, actor)).toBe('its claim may be void');
    expect(whyNotReclaimed(doubtful)).toBe('its claim may be void');
    expect(hiddenFinal(doubtful, me)).toBeUndefined();
    expect(
      whyNotMine(factsOf([scheduled, running, claim], { judge: () => 'claim' }), actor),
    ).toBeUndefined();
  });

  it('changes with a label that names another process for the same claim', () => {
    expect(isLetGo(since([], { follower: another }), actor)).toBe(true);
    expect(isLetGo(since([], { follower: me }), actor)).toBe(false);
    expect(isLetGo(since([]), actor)).toBe(false);
  });
});

describe('A run that waits within its own process', () => {
  it.each<[string, LookFacts, boolean, boolean]>([
    ['for its own retry', since([running, retrying], { retryType: 'in_process' }), true, false],
    [
      'for its own retry, over which an old claim found no slot',
      since([running, retrying, aState('SCHEDULED', 'AwaitingConcurrencySlot')], {
        retryType: 'in_process',
      }),
      true,
      false,
    ],
    ['for a retry that a user asked for', since([failed, retrying]), false, false],
    [
      'scheduled by somebody',
      since([running, scheduled], { retryType: 'in_process' }),
      false,
      false,
    ],
    ['paused', since([running, paused]), false, true],
    ['suspended, to be scheduled again', since([running, suspended]), false, false],
    ['running', since([running]), false, false],
  ])('%s', (_what, facts, awaits, isPaused) => {
    expect([awaitsOwnRetry(facts), isPausedInProcess(facts)]).toEqual([awaits, isPaused]);
  });
});

describe('A claim over late progress (A2)', () => {
  it.each<[string, LookFacts, string | undefined]>([
    ['is made where it hides a schedule', since([failed, scheduled, submitting]), undefined],
    ['is made where nobody ever claimed the run', factsOf([submitting]), undefined],
    [
      'is not made while its process waits for its own retry',
      since([running, retrying, submitting], { retryType: 'in_process' }),
      'nothing is hidden',
    ],
    ['is not made over a claim that is only told of', since([submitting]), 'nothing is hidden'],
    ['is not made over a final state', since([completed, submitting]), 'nothing is hidden'],
    ['is not made of a run that went on', since([failed, scheduled]), 'the run went on'],
  ])('%s', (_what, facts, why) => expect(whyNotReclaimed(facts)).toBe(why));
});

describe('A final state under late progress (A3)', () => {
  it.each<[string, LookFacts, State | undefined]>([
    ['is written back', since([running, completed, submitting]), completed],
    [
      'is written back where a late Running is listed behind it',
      since([completed, running, submitting]),
      completed,
    ],
    [
      'is written back for a run that nobody claimed',
      factsOf([scheduled, failed, submitting]),
      failed,
    ],
    [
      'is not, once the run was scheduled anew',
      since([completed, scheduled, running, submitting]),
      undefined,
    ],
    ['is not, while it lies open', since([running, completed]), undefined],
    ['is none where there is only progress', since([submitting]), undefined],
    [
      'is another process’s to write back',
      since([completed, submitting], { follower: another }),
      undefined,
    ],
  ])('%s', (_what, facts, state) => expect(hiddenFinal(facts, me)).toBe(state));
});

describe('A launch (A5, A6)', () => {
  it.each<[string, LookFacts, string | undefined]>([
    ['is made while there is nothing but PENDING', since([submitting]), undefined],
    ['is not made once the run runs', since([running]), 'the run went on'],
    [
      'is not made where progress hides something',
      since([running, submitting]),
      'late progress hides another state',
    ],
    [
      'is not made for another’s claim',
      since([], { follower: another }),
      'another process follows it',
    ],
  ])('%s', (_what, facts, why) => expect(whyNotLaunchable(facts, actor)).toBe(why));

  it.each<[string, LookFacts, boolean]>([
    ['stands while its claim is the latest', since([running]), true],
    [
      'stands while its process waits for its own retry',
      since([running, retrying], { retryType: 'in_process' }),
      true,
    ],
    ['does not once the run has ended', since([completed]), false],
    ['does not once the run was scheduled anew', since([failed, scheduled]), false],
    ['does not once another claim was made', since([failed, laterClaim]), false],
    [
      'does not once a later launch was announced',
      since([aState('PENDING', 'AwaitingCapacity 2')]),
      false,
    ],
  ])('%s', (_what, facts, stands) =>
    expect(standsAfterLaunch(facts, { launchId: actor.launchId, attempt: 1 })).toBe(stands),
  );
});

describe('A released claim (A4)', () => {
  it.each<[string, LookFacts, string | undefined]>([
    ['is pending, and nobody else’s', since([submitting]), undefined],
    ['has a deployment', since([], { deploymentId: undefined }), 'it has no deployment'],
    [
      'is not followed by another process',
      since([], { follower: another }),
      'another process follows it',
    ],
    ['is the latest', since([failed, laterClaim]), 'another claim is the latest'],
    ['has not run', since([running]), 'the run went on'],
  ])('%s', (_what, facts, why) => expect(whyNotGivenBack(facts, actor)).toBe(why));
});

describe('A task that is stopped for a cancellation (A7)', () => {
  it.each<[string, LookFacts, boolean]>([
    ['while its run is Cancelling', since([running, cancelling]), true],
    ['while its run is Cancelled', since([running, cancelled]), true],
    ['though its process says Running over it', since([cancelled, running]), true],
    ['though its run was retried within the grace', since([cancelled, scheduled]), true],
    ['though its retry was claimed', since([cancelled, scheduled, laterClaim]), true],
    [
      'not for the cancellation of a later claim',
      since([failed, scheduled, laterClaim, cancelled]),
      false,
    ],
    ['not while its run runs', since([running]), false],
    [
      'not for a claim that the history does not have',
      factsOf([scheduled, laterClaim, cancelling]),
      false,
    ],
  ])('%s', (_what, facts, isWanted) =>
    expect(isCancellationWanted(facts, actor.launchId)).toBe(isWanted),
  );
});

describe('A crash of a run (A10)', () => {
  it.each<[string, LookFacts, string | undefined]>([
    ['while it is Pending', since([submitting]), undefined],
    ['while it runs', since([running]), undefined],
    [
      'while it waits for its own retry',
      since([running, retrying], { retryType: 'in_process' }),
      undefined,
    ],
    ['while it is paused in its process', since([running, paused]), undefined],
    [
      'not where progress hides its end',
      since([completed, submitting]),
      'late progress hides another state',
    ],
    ['not once it is suspended', since([running, suspended]), 'the run went on'],
    ['not once it has ended', since([failed]), 'the run went on'],
    [
      'not by a process that let it go',
      since([running], { follower: another }),
      'another process follows it',
    ],
  ])('%s', (_what, facts, why) => expect(whyNotCrashed(facts, actor)).toBe(why));
});

describe('A run that becomes Cancelled (A11)', () => {
  it.each<[string, LookFacts, Actor | undefined, string | undefined]>([
    ['while it is Cancelling', since([running, cancelling]), actor, undefined],
    [
      'though its process said Running over Cancelled',
      since([cancelled, running]),
      actor,
      undefined,
    ],
    [
      'not once it was scheduled again',
      since([cancelled, scheduled, running]),
      actor,
      'the run went on',
    ],
    ['not once it crashed', since([cancelled, crashed, running]), actor, 'the run went on'],
    ['not while it just runs', since([running]), actor, 'the run went on'],
    ['not once it has ended', since([completed]), actor, 'the run went on'],
    [
      'not by a process that let it go',
      since([cancelling], { follower: another }),
      actor,
      'another process follows it',
    ],
    ['that nobody ever claimed', factsOf([scheduled, cancelling]), undefined, undefined],
    ['not by nobody, once it was claimed', since([cancelling]), undefined, 'a task may exist'],
    [
      'not by nobody, where an identifier names a task',
      factsOf([scheduled, cancelling], { infrastructurePid: 'x' }),
      undefined,
      'a task may exist',
    ],
  ])('%s', (_what, facts, who, why) => expect(whyNotCancelled(facts, who)).toBe(why));
});
