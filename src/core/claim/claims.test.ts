import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { State } from '../prefect/state.ts';
import { claimMessage, followerText, parseClaimMessage, parseFollower } from './claim-record.ts';
import { awaitingCapacity, claimsIn, isStillPending, latestClaim } from './claims.ts';
import { parseStartedBy, startedByFor } from './launch-mark.ts';
import { relaunchToken } from './relaunch.ts';
import { aState as state } from './histories.test-support.ts';

const processId = '11111111-1111-4111-8111-111111111111';
const owner = { workerName: "it's (mine)", processId };
const place = { cluster: 'dev', account: '111122223333', region: 'eu-west-1' };

describe('The content of a claim', () => {
  it('is parsed from its message, with and without a place', () => {
    expect(parseClaimMessage(claimMessage(owner, place))).toEqual({ ...owner, place });
    expect(parseClaimMessage(claimMessage(owner, undefined))).toEqual({
      ...owner,
      place: undefined,
    });
  });

  it('is parsed for any name of worker and cluster', () => {
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

  it('has a label with its follower, which no other label resembles', () => {
    const label = { 'prefect.ecs.follower': followerText(processId, owner) };

    expect(parseFollower(label)).toEqual({ launchId: processId, ...owner });
    expect(parseFollower({})).toBeUndefined();
    expect(parseFollower({ 'prefect.ecs.follower': 7 })).toBeUndefined();
  });

  it('is in startedBy, with the number of a relaunch', () => {
    const mark = {
      flowRunId: processId,
      launchId: '22222222-2222-4222-8222-222222222222',
      attempt: 1,
    };

    expect(startedByFor(mark)).toHaveLength(81);
    expect(parseStartedBy(startedByFor(mark))).toEqual(mark);
    expect(parseStartedBy(startedByFor({ ...mark, attempt: 3 }))).toEqual({ ...mark, attempt: 3 });
    expect(parseStartedBy('ecs-svc/1')).toBeUndefined();
    expect(parseStartedBy(undefined)).toBeUndefined();
  });
});

describe('The latest claim of a history', () => {
  const scheduled = (): State => state('SCHEDULED', 'Scheduled');
  const claim = (message?: string): State => state('PENDING', 'Pending', { message });

  it('is undefined before the first, and has its own id without a transition id', () => {
    expect(latestClaim([scheduled()])).toBeUndefined();
    const bare = state('PENDING', 'Pending', { transitionId: undefined, id: undefined });
    expect(latestClaim([bare])).toBeUndefined();
    expect(latestClaim([{ ...bare, id: 'its-own' }])?.launchId).toBe('its-own');
  });

  it('is the last Pending, with the states after it', () => {
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

  it('announces its latest relaunch with the first state of the highest number', () => {
    const second = state('PENDING', awaitingCapacity(2));
    const third = state('PENDING', awaitingCapacity(3));
    const again = state('PENDING', awaitingCapacity(3));

    const found = latestClaim([claim(), second, third, state('PENDING', 'Submitting'), again]);

    expect(found).toMatchObject({ token: third.transitionId, attempt: 3 });
  });

  it('ignores announcements that are not PENDING states or have no transition id', () => {
    const made = claim();
    const found = latestClaim([
      made,
      state('FAILED', awaitingCapacity(2)),
      state('PENDING', awaitingCapacity(4), { transitionId: undefined }),
    ]);

    expect(found).toMatchObject({ token: made.transitionId, attempt: 1 });
  });

  it('was announced by a label if the server refuses such states', () => {
    const launchId = '22222222-2222-4222-8222-222222222222';
    const made = state('PENDING', 'Pending', { transitionId: launchId });
    const labels = { 'prefect.ecs.launch': `${launchId} 3` };

    expect(latestClaim([made], labels)).toMatchObject({
      attempt: 3,
      token: relaunchToken(launchId, 3),
    });
    const fourth = state('PENDING', awaitingCapacity(4));
    expect(latestClaim([made, fourth], labels)).toMatchObject({
      attempt: 4,
      token: fourth.transitionId,
    });
  });

  it('has been waiting since its first announcement, else since it was made', () => {
    const made = state('PENDING', 'Pending', { timestamp: 'one' });
    const waits = [awaitingCapacity(2), awaitingCapacity(3)].map((name, at) =>
      state('PENDING', name, { timestamp: `wait ${at}` }),
    );

    expect(latestClaim([made])?.waitingSince).toBe('one');
    expect(latestClaim([made, state('PENDING', 'Submitting'), ...waits])?.waitingSince).toBe(
      'wait 0',
    );
  });

  it('may be the first AwaitingCapacity 1 after a SCHEDULED state that replaced the claim', () => {
    const repaired = state('PENDING', awaitingCapacity(1), { message: claimMessage(owner, place) });
    const late = state('PENDING', awaitingCapacity(1));
    const history = [claim(), scheduled(), state('PENDING', 'Submitting'), repaired, late];

    expect(latestClaim(history)).toMatchObject({ launchId: repaired.transitionId, record: owner });
    expect(latestClaim([claim(), repaired])?.launchId).not.toBe(repaired.transitionId);
  });

  it('may be an AwaitingCapacity 1 of a run that was never claimed, but not of one that ran without a claim', () => {
    const first = state('PENDING', awaitingCapacity(1));

    expect(latestClaim([state('PENDING', 'InfrastructurePending'), first])?.launchId).toBe(
      first.transitionId,
    );
    expect(latestClaim([state('RUNNING', 'Running'), first])).toBeUndefined();
  });

  it('was announced at its own time, or at that of its latest launch', () => {
    const made = state('PENDING', 'Pending', { timestamp: 'made' });
    const second = state('PENDING', awaitingCapacity(2), { timestamp: 'second' });

    expect(latestClaim([made])?.announcedAt).toBe('made');
    expect(latestClaim([made, second])?.announcedAt).toBe('second');
    const launchId = '22222222-2222-4222-8222-222222222222';
    const labelled = { ...made, transitionId: launchId };
    expect(latestClaim([labelled], { 'prefect.ecs.launch': `${launchId} 2` })?.announcedAt).toBe(
      'made',
    );
  });
});

describe('A claim that the server cannot have accepted where it is listed', () => {
  const running = (): State => state('RUNNING', 'Running');
  const retrying = (): State => state('SCHEDULED', 'AwaitingRetry');
  const claim = (timestamp?: string): State => state('PENDING', 'Pending', { timestamp });

  it.each<[string, readonly State[], boolean]>([
    ['over the wait of a living process for its own retry', [running(), retrying()], true],
    ['over a retry that a user asked for', [state('FAILED', 'Failed'), retrying()], false],
    ['over Running, in a list out of order', [running()], true],
    ['over Cancelling', [state('CANCELLING', 'Cancelling')], true],
    ['over Cancelled', [state('CANCELLED', 'Cancelled')], true],
    ['over Paused', [state('PAUSED', 'Paused')], true],
    ['over Failed, which takes claims', [state('FAILED', 'Failed')], false],
    ['over a schedule', [state('SCHEDULED', 'Scheduled')], false],
    ['over nothing', [], false],
  ])('%s, may be void: %s', (_where, before, isDoubtful) => {
    const first = claim();
    const late = claim();
    const history = [first, ...before, late];

    expect(latestClaim(history)).toMatchObject({
      launchId: late.transitionId,
      isDecided: !isDoubtful,
    });
    expect(latestClaim(history, {}, () => 'claim')).toMatchObject({
      launchId: late.transitionId,
      isDecided: true,
    });
    const isVoid = latestClaim(history, {}, () => 'void');
    expect(isVoid?.launchId).toBe((isDoubtful ? first : late).transitionId);
    expect(claimsIn(history, () => 'void')).toHaveLength(isDoubtful ? 1 : 2);
  });

  it("is valid if the SCHEDULED that it replaced is listed soon after it, because two replicas' clocks differ", () => {
    const late = claim('2030-01-01T00:00:00Z');
    const scheduled = (seconds: number): State =>
      state('SCHEDULED', 'Scheduled', {
        timestamp: new Date(Date.UTC(2030, 0, 1, 0, 0, seconds)).toISOString(),
      });
    const history = [claim(), state('CANCELLED', 'Cancelled'), late];

    expect(latestClaim([...history, scheduled(3)])?.isDecided).toBe(true);
    expect(latestClaim([...history, scheduled(90)])?.isDecided).toBe(false);
    expect(latestClaim([...history, state('SCHEDULED', 'Scheduled')])?.isDecided).toBe(false);
  });

  it('may be void if the wait that it replaced was restored at once', () => {
    const wait = (at: number, due: string): State =>
      state('SCHEDULED', 'AwaitingRetry', {
        timestamp: new Date(at * 1000).toISOString(),
        details: { scheduled_time: due },
      });
    const history = [
      state('PENDING', 'Pending'),
      state('RUNNING', 'Running'),
      wait(1, '2030'),
      state('PENDING', 'Pending', { timestamp: new Date(2_000).toISOString() }),
    ];
    expect(latestClaim([...history, wait(3, '2030')])?.isDecided).toBe(false);
    expect(latestClaim([...history, wait(3, '2031')])?.isDecided).toBe(true);
  });

  it('is identified by its own id, or by none', () => {
    const asked: string[] = [];
    const bare = state('PENDING', 'Pending', { transitionId: undefined, id: undefined });
    const judge = (launchId: string): 'claim' => {
      asked.push(launchId);
      return 'claim';
    };
    claimsIn([running(), bare], judge);
    claimsIn([running(), { ...bare, id: 'its-own' }], judge);

    expect(asked).toEqual(['', 'its-own']);
  });
});

describe('A run that is still PENDING', () => {
  const pending = state('PENDING', 'Submitting');

  it.each([
    ['nothing but progress followed its claim', 'PENDING', [pending], true],
    [
      'its process began, and late progress hides it',
      'PENDING',
      [state('RUNNING', 'Running'), pending],
      false,
    ],
    ['it went on', 'RUNNING', [], false],
    ['its state is not known', undefined, [pending], false],
  ] as const)('%s', (_when, present, since, expected) => {
    expect(isStillPending(present, { since })).toBe(expected);
  });
});
