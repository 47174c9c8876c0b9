import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { State, StateType } from '../prefect/state.ts';
import { claimMessage, followerText, parseClaimMessage, parseFollower } from './claim-record.ts';
import { awaitingCapacity, latestClaim, meaningOfEnd, overwrittenState } from './claims.ts';
import { parseStartedBy, startedByFor } from './launch-mark.ts';
import { relaunchToken } from './relaunch.ts';
import { standingOf } from './standing.ts';

const processId = '11111111-1111-4111-8111-111111111111';
const owner = { workerName: "it's (mine)", processId };
const place = { cluster: 'dev', account: '111122223333', region: 'eu-west-1' };

let drawn = 0;
function state(type: StateType, name: string, changes: Partial<State> = {}): State {
  return {
    id: undefined,
    type,
    name,
    message: undefined,
    timestamp: undefined,
    transitionId: `t${(drawn += 1)}`,
    deploymentConcurrencyLeaseId: undefined,
    details: {},
    ...changes,
  };
}

describe('what a claim says of itself', () => {
  it('is read back from its message, with and without a place', () => {
    expect(parseClaimMessage(claimMessage(owner, place))).toEqual({ ...owner, place });
    expect(parseClaimMessage(claimMessage(owner, undefined))).toEqual({ ...owner, place: undefined });
  });

  it('is read back whatever the worker and the cluster are called', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (workerName, cluster) => {
        const named = { workerName, processId };
        expect(parseClaimMessage(claimMessage(named, { ...place, cluster }))).toEqual({
          ...named,
          place: { ...place, cluster },
        });
      }),
    );
  });

  it.each([undefined, '', 'Claimed by somebody', `Claimed by worker 'x' (${processId})`])(
    'is not found in %j',
    (message) => expect(parseClaimMessage(message)).toBeUndefined(),
  );

  it('has a label that names who follows, which any other label is not', () => {
    const label = { 'prefect.ecs.follower': followerText(processId, owner) };

    expect(parseFollower(label)).toEqual({ launchId: processId, ...owner });
    expect(parseFollower({})).toBeUndefined();
    expect(parseFollower({ 'prefect.ecs.follower': 7 })).toBeUndefined();
  });

  it('stands in startedBy, with the number of a relaunch', () => {
    const mark = { flowRunId: processId, launchId: '22222222-2222-4222-8222-222222222222', attempt: 1 };

    expect(startedByFor(mark)).toHaveLength(81);
    expect(parseStartedBy(startedByFor(mark))).toEqual(mark);
    expect(parseStartedBy(startedByFor({ ...mark, attempt: 3 }))).toEqual({ ...mark, attempt: 3 });
    expect(parseStartedBy('ecs-svc/1')).toBeUndefined();
    expect(parseStartedBy(undefined)).toBeUndefined();
  });
});

describe('the latest claim of a history', () => {
  const scheduled = (): State => state('SCHEDULED', 'Scheduled');
  const claim = (message?: string): State => state('PENDING', 'Pending', { message });

  it('is none before the first, and is known by its own id when it has no transition id', () => {
    expect(latestClaim([scheduled()])).toBeUndefined();
    const bare = state('PENDING', 'Pending', { transitionId: undefined });
    expect(latestClaim([bare])).toBeUndefined();
    expect(latestClaim([{ ...bare, id: 'its-own' }])?.launchId).toBe('its-own');
  });

  it('is the last Pending, and what came after it', () => {
    const [first, second, running] = [
      claim(),
      claim(claimMessage(owner, place)),
      state('RUNNING', 'Running'),
    ];

    const found = latestClaim([scheduled(), first, state('FAILED', 'Failed'), second, running]);

    expect(found).toMatchObject({
      launchId: second.transitionId,
      token: second.transitionId,
      attempt: 1,
      record: { ...owner, place },
      since: [running],
    });
  });

  it('announces its newest relaunch by the first state of the highest number', () => {
    const second = state('PENDING', awaitingCapacity(2));
    const third = state('PENDING', awaitingCapacity(3));
    const again = state('PENDING', awaitingCapacity(3));

    const found = latestClaim([claim(), second, third, state('PENDING', 'Submitting'), again]);

    expect(found).toMatchObject({ token: third.transitionId, attempt: 3 });
  });

  it('ignores announcements that are no PENDING states, or have no transition id', () => {
    const made = claim();
    const found = latestClaim([
      made,
      state('FAILED', awaitingCapacity(2)),
      state('PENDING', awaitingCapacity(4), { transitionId: undefined }),
    ]);

    expect(found).toMatchObject({ token: made.transitionId, attempt: 1 });
  });

  it('was announced by a label where the server takes no such states', () => {
    const launchId = '22222222-2222-4222-8222-222222222222';
    const made = state('PENDING', 'Pending', { transitionId: launchId });
    const labels = { 'prefect.ecs.launch': `${launchId} 3` };

    expect(latestClaim([made], labels)).toMatchObject({ attempt: 3, token: relaunchToken(launchId, 3) });
    const fourth = state('PENDING', awaitingCapacity(4));
    expect(latestClaim([made, fourth], labels)).toMatchObject({ attempt: 4, token: fourth.transitionId });
  });

  it('has been waiting since its first announcement, else since it was made', () => {
    const made = state('PENDING', 'Pending', { timestamp: 'one' });
    const waits = [awaitingCapacity(2), awaitingCapacity(3)].map((name, at) =>
      state('PENDING', name, { timestamp: `wait ${at}` }),
    );

    expect(latestClaim([made])?.waitingSince).toBe('one');
    expect(latestClaim([made, state('PENDING', 'Submitting'), ...waits])?.waitingSince).toBe('wait 0');
  });

  it('may be an AwaitingCapacity 1, the first after a SCHEDULED state that overwrote the claim', () => {
    const repaired = state('PENDING', awaitingCapacity(1), { message: claimMessage(owner, place) });
    const late = state('PENDING', awaitingCapacity(1));
    const history = [claim(), scheduled(), state('PENDING', 'Submitting'), repaired, late];

    expect(latestClaim(history)).toMatchObject({ launchId: repaired.transitionId, record: owner });
    expect(latestClaim([claim(), repaired])?.launchId).not.toBe(repaired.transitionId);
  });

  it.each<[string, readonly State[], string | undefined]>([
    ['a final state', [state('COMPLETED', 'Completed'), state('PENDING', 'Submitting')], 'Completed'],
    ['a scheduled one', [scheduled(), state('PENDING', 'InfrastructurePending')], 'Scheduled'],
    ['nothing while only progress was told', [state('PENDING', 'Submitting')], undefined],
    [
      'nothing of a run that went on',
      [state('RUNNING', 'Running'), state('PENDING', 'Submitting')],
      undefined,
    ],
  ])('shows that progress was written over %s', (_what, since, name) => {
    const found = latestClaim([claim(), ...since]);

    expect(found === undefined ? 'no claim' : overwrittenState(found)?.name).toBe(name);
  });

  it.each<[string, readonly State[], ReturnType<typeof meaningOfEnd>]>([
    ['it was cancelled', [state('CANCELLED', 'Cancelled')], 'cancelled'],
    [
      'it was cancelled, though its process says Running',
      [state('CANCELLED', 'Cancelled'), state('RUNNING', 'Running')],
      'cancelled',
    ],
    [
      'it was cancelled and retried, and its old process says Running',
      [state('CANCELLED', 'Cancelled'), scheduled(), state('RUNNING', 'Running')],
      'to-run-again',
    ],
    [
      'it waited for its retry in its own process',
      [state('RUNNING', 'Running'), scheduled(), state('RUNNING', 'Running')],
      'crashed',
    ],
    ['it ran', [state('RUNNING', 'Running')], 'crashed'],
    ['nothing happened since', [], 'crashed'],
  ])('says what the end of its task means: %s', (_what, since, meaning) => {
    const found = latestClaim([claim(), ...since]);

    expect(found === undefined ? 'no claim' : meaningOfEnd(found)).toBe(meaning);
  });
});

describe('a claim about to make its third launch', () => {
  const claim = state('PENDING', 'Pending');
  const third = state('PENDING', awaitingCapacity(3));
  const launch = { launchId: String(claim.transitionId), attempt: 3 };
  const submitting = state('PENDING', 'Submitting');

  it.each<[string, readonly State[], object]>([
    ['stands once announced', [claim, submitting, third], { kind: 'stands', token: third.transitionId }],
    ['does not while its announcement is lost', [claim, submitting], { kind: 'not-announced' }],
    [
      'is overtaken by a later launch',
      [claim, third, state('PENDING', awaitingCapacity(4))],
      { kind: 'overtaken' },
    ],
    ['is overtaken by a later claim', [claim, third, state('PENDING', 'Pending')], { kind: 'overtaken' }],
    ['is nobody to a run that was never claimed', [], { kind: 'overtaken' }],
    [
      'ends with a cancellation',
      [claim, third, state('CANCELLING', 'Cancelling')],
      { kind: 'went-on', type: 'CANCELLING' },
    ],
    [
      'ends with a state that late progress hides',
      [claim, third, state('FAILED', 'Failed'), submitting],
      { kind: 'overwritten', state: { name: 'Failed' } },
    ],
    [
      'ends with a start that late progress hides',
      [claim, third, state('RUNNING', 'Running'), submitting],
      { kind: 'went-on', type: 'RUNNING' },
    ],
  ])('%s', (_what, history, standing) => expect(standingOf(launch, history)).toMatchObject(standing));
});
