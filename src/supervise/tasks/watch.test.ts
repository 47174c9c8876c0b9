import { describe, expect, it } from 'vitest';
import { ecsTask } from '../../core/task/ecs-task.test-support.ts';
import type { EcsTask } from '../../core/task/task.ts';
import {
  missingGraceMs,
  observe,
  startedAfterAll,
  startWatch,
  type TaskFact,
  type Watch,
  type WatchStep,
} from './watch.ts';

const arn = 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8';

function task(lastStatus: string, changes: Partial<EcsTask> = {}): EcsTask {
  return ecsTask({ taskArn: arn, lastStatus, desiredStatus: 'RUNNING', ...changes });
}

const seen = (lastStatus: string, askedAtMs: number, changes: Partial<EcsTask> = {}): TaskFact => ({
  kind: 'observed',
  task: task(lastStatus, changes),
  fingerprint: `${lastStatus} ${JSON.stringify(changes)}`,
  askedAtMs,
});

const missing = (askedAtMs: number): TaskFact => ({ kind: 'missing', askedAtMs });

const clusterGone = (askedAtMs: number): TaskFact => ({ kind: 'cluster-gone', askedAtMs });

/** The watch after facts that all leave it watching or overdue. */
function after(watch: Watch, ...facts: readonly TaskFact[]): Watch {
  return facts.reduce((known, fact) => {
    const step = observe(known, fact);
    if (step.kind === 'ended') throw new Error('the watch has ended');
    return step.watch;
  }, watch);
}

const watchFrom = (
  launchedAtMs: number,
  timeoutSeconds: number | undefined,
  judgedFromMs = -Infinity,
  capacitySeconds = 1_800,
): Watch =>
  startWatch(
    launchedAtMs,
    timeoutSeconds === undefined ? undefined : { timeoutSeconds, capacitySeconds, judgedFromMs },
  );
const last = (watch: Watch, fact: TaskFact): WatchStep => observe(watch, fact);

describe('startWatch', () => {
  it('stores only when the task was launched and when it must start', () => {
    expect(watchFrom(1_000, 300)).toEqual({
      launchedAtMs: 1_000,
      start: {
        deadline: { of: 'launch', seconds: 300, atMs: 301_000 },
        limits: { timeoutSeconds: 300, capacitySeconds: 1_800, judgedFromMs: -Infinity },
      },
      lastSeen: undefined,
      fingerprint: undefined,
      wasRunning: false,
      missingSinceMs: undefined,
      overdueSinceMs: undefined,
    });
  });

  it('sets no deadline for a task without a start timeout', () => {
    expect(watchFrom(1_000, undefined).start).toBeUndefined();
  });

  it('reads a timeout of zero as a deadline, not as none', () => {
    expect(watchFrom(1_000, 0).start?.deadline.atMs).toBe(1_000);
  });
});

describe('startedAfterAll', () => {
  it('clears the deadline and the missed start, and stores that the task ran', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000), missing(13_000));

    expect(startedAfterAll(overdue)).toEqual({
      ...overdue,
      wasRunning: true,
      start: undefined,
      overdueSinceMs: undefined,
    });
  });
});

describe('A followed task', () => {
  it('reports each new status once', () => {
    const watch = watchFrom(0, 300);

    const first = last(watch, seen('PENDING', 5_000));
    const again = last(after(watch, seen('PENDING', 5_000)), seen('PENDING', 10_000));

    expect([first.changedTo, again.changedTo]).toEqual(['PENDING', undefined]);
  });

  it('is stored as last seen, even if only something other than its status changed', () => {
    const newer = task('PENDING', { version: 2, desiredStatus: 'STOPPED' });

    const watch = after(
      watchFrom(0, undefined),
      seen('PENDING', 1, { version: 1 }),
      seen('PENDING', 2, { version: 2, desiredStatus: 'STOPPED' }),
    );

    expect(watch.lastSeen).toEqual(newer);
  });

  it('passes from status to status, and may skip any of them', () => {
    const statuses = [
      'PROVISIONING',
      'ACTIVATING',
      'RUNNING',
      'STOPPING',
      'DEPROVISIONING',
      'STOPPED',
    ];
    const told: (string | undefined)[] = [];

    statuses.reduce(
      (watch, status, index) => {
        const step = last(watch, seen(status, index));
        told.push(step.changedTo);
        return step.kind === 'ended' ? watch : step.watch;
      },
      watchFrom(0, 300),
    );

    expect(told).toEqual(statuses);
  });

  it('reports its last status, too', () => {
    expect(last(watchFrom(0, 300), seen('STOPPED', 2)).changedTo).toBe('STOPPED');
  });

  it('is not timed out by a stop from outside', () => {
    const step = last(watchFrom(0, 10), seen('PENDING', 1, { desiredStatus: 'STOPPED' }));

    expect(step.kind).toBe('watching');
  });

  it('ends when it is STOPPED, and stores whether it was ever RUNNING', () => {
    const ran = last(after(watchFrom(0, 300), seen('RUNNING', 1)), seen('STOPPED', 2));
    const neverRan = last(watchFrom(0, 300), seen('STOPPED', 2));

    expect(ran).toMatchObject({ kind: 'ended', end: { kind: 'stopped', wasRunning: true } });
    expect(neverRan).toMatchObject({ kind: 'ended', end: { kind: 'stopped', wasRunning: false } });
  });

  it.each([
    ['a lower version', seen('PENDING', 3, { version: 2 }), { version: 5 }],
    ['a status of lower rank', seen('PENDING', 3), {}],
  ])('is not set back by an older fact: %s', (_what, old, known) => {
    const watch = after(watchFrom(0, undefined), seen('RUNNING', 1, known));

    const step = last(watch, old);

    expect(step).toMatchObject({
      kind: 'watching',
      changedTo: undefined,
      watch: { lastSeen: { lastStatus: 'RUNNING' } },
    });
  });

  it.each([
    ['a lower version of higher rank', seen('STOPPED', 3, { version: 4 })],
    [
      'a lower version of the same rank',
      seen('RUNNING', 3, { version: 4, desiredStatus: 'STOPPED' }),
    ],
    ['the same version of lower rank', seen('PENDING', 3, { version: 5 })],
    ['a lower rank without a version', seen('PENDING', 3)],
    ['a status that ECS does not name', seen('HIBERNATING', 3)],
  ])('stays exactly as known after an older fact: %s', (_what, old) => {
    const watch = after(watchFrom(0, 300), seen('RUNNING', 1, { version: 5 }));

    expect(last(watch, old)).toEqual({ kind: 'watching', watch, changedTo: undefined });
  });

  it('is ordered by ECS’s version, whatever the rank', () => {
    const watch = after(watchFrom(0, undefined), seen('ACTIVATING', 1, { version: 5 }));

    const step = last(watch, seen('PENDING', 2, { version: 6 }));

    expect(step).toMatchObject({ changedTo: 'PENDING', watch: { lastSeen: { version: 6 } } });
  });

  it('is ordered by rank if only one of two facts has a version', () => {
    const watch = after(watchFrom(0, undefined), seen('PENDING', 1, { version: 5 }));

    expect(last(watch, seen('RUNNING', 2)).changedTo).toBe('RUNNING');
  });

  it('is stored as MISSING since the first such answer, until it is seen', () => {
    const watch = after(watchFrom(0, undefined), seen('PENDING', 500), missing(1_000));

    expect(last(watch, missing(2_000))).toEqual({ kind: 'watching', watch, changedTo: undefined });
    expect(watch).toMatchObject({ missingSinceMs: 1_000, lastSeen: { lastStatus: 'PENDING' } });
    expect(after(watch, seen('PENDING', 3_000)).missingSinceMs).toBeUndefined();
  });

  it('is MISSING from the first answer on, even at time zero', () => {
    expect(last(after(watchFrom(0, undefined), missing(0)), missing(missingGraceMs)).kind).toBe(
      'ended',
    );
  });

  it('has five minutes anew after it was seen in between', () => {
    const watch = after(
      watchFrom(0, undefined),
      missing(1_000),
      seen('PENDING', 2_000),
      missing(3_000),
      missing(1_000 + missingGraceMs),
    );

    expect(last(watch, missing(2_999 + missingGraceMs)).kind).toBe('watching');
    expect(last(watch, missing(3_000 + missingGraceMs)).kind).toBe('ended');
  });

  it.each([
    ['MISSING for too long', [missing(1_000), missing(1_000 + missingGraceMs)]],
    ['in a cluster that is gone', [clusterGone(1_000)]],
  ])('keeps what was last seen of it when it is %s', (_what, facts) => {
    const watch = after(watchFrom(0, undefined), seen('RUNNING', 500), ...facts.slice(0, -1));

    expect(last(watch, facts.at(-1) ?? clusterGone(0))).toEqual({
      kind: 'ended',
      end: { kind: 'vanished', lastSeen: task('RUNNING') },
      changedTo: undefined,
    });
  });

  it.each([
    ['STOPPED', watchFrom(0, 10), seen('STOPPED', 1)],
    ['vanished', after(watchFrom(0, 10), missing(0)), missing(missingGraceMs)],
    ['gone with its cluster', watchFrom(0, 10), clusterGone(1)],
    [
      'timed out',
      after(watchFrom(0, 10), seen('PENDING', 12_000)),
      seen('PENDING', 13_000, { desiredStatus: 'STOPPED' }),
    ],
  ])('leaves no watch for a further fact once it has ended: %s', (_what, watch, fact) => {
    const step = last(watch, fact);

    expect(step.kind).toBe('ended');
    expect(step).not.toHaveProperty('watch');
  });

  it('counts as vanished after five minutes of MISSING without a break, and not before', () => {
    expect(missingGraceMs).toBe(300_000);
    const watch = after(watchFrom(0, undefined), missing(1_000));

    expect(last(watch, missing(1_000 + missingGraceMs - 1)).kind).toBe('watching');
    expect(last(watch, missing(1_000 + missingGraceMs))).toMatchObject({
      kind: 'ended',
      end: { kind: 'vanished' },
    });
    expect(last(after(watch, seen('PENDING', 2_000)), missing(1_000 + missingGraceMs)).kind).toBe(
      'watching',
    );
  });

  it('vanishes with its cluster', () => {
    expect(last(watchFrom(0, 1), { kind: 'cluster-gone', askedAtMs: 1 })).toMatchObject({
      kind: 'ended',
      end: { kind: 'vanished', lastSeen: undefined },
    });
  });
});

describe('A believed event', () => {
  const told = (lastStatus: string, changes: Partial<EcsTask> = {}): TaskFact => ({
    kind: 'reported',
    task: task(lastStatus, changes),
  });

  it('counts as seen when it is newer', () => {
    const watch = after(watchFrom(0, 300), seen('PENDING', 1, { version: 2 }), missing(2));

    expect(last(watch, told('RUNNING', { version: 3 }))).toMatchObject({
      changedTo: 'RUNNING',
      watch: { wasRunning: true, missingSinceMs: undefined },
    });
    expect(last(watchFrom(0, 300), told('STOPPED')).kind).toBe('ended');
  });

  it.each([
    ['the same version', told('RUNNING', { version: 2 })],
    ['a lower version', told('STOPPED', { version: 1 })],
    ['the same rank without a version', told('PENDING')],
  ])(
    'changes nothing when it is not newer, not even that the task is missing: %s',
    (_what, fact) => {
      const watch = after(watchFrom(0, 300), seen('PENDING', 1, { version: 2 }), missing(2));

      expect(last(watch, fact)).toEqual({ kind: 'watching', watch, changedTo: undefined });
    },
  );

  it('never makes a task overdue: only an answer from after the deadline does', () => {
    expect(last(watchFrom(-60_000, 10), told('PENDING')).kind).toBe('watching');
  });

  it('ends the watch of an overdue task when it shows that ECS is stopping the task', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000, { version: 1 }));

    expect(last(overdue, told('PENDING', { version: 2, desiredStatus: 'STOPPED' }))).toMatchObject({
      end: { kind: 'start-timed-out', elapsedSeconds: 12 },
    });
  });
});

describe('An unchanged answer', () => {
  const unchanged = (askedAtMs: number): TaskFact => ({ kind: 'unchanged', askedAtMs });

  it('leaves the watch of a running task unchanged', () => {
    const watch = after(watchFrom(0, 300), seen('RUNNING', 1));

    const step = last(watch, unchanged(999_999));

    expect(step).toEqual({ kind: 'watching', watch, changedTo: undefined });
    if (step.kind === 'watching') expect(step.watch).toBe(watch);
  });

  it('shows that the task is not missing', () => {
    const running = after(watchFrom(0, 300), seen('RUNNING', 1), missing(2));
    const pending = after(watchFrom(0, 300), seen('PENDING', 1), missing(2));

    expect(after(running, unchanged(3)).missingSinceMs).toBeUndefined();
    expect(after(pending, unchanged(3)).missingSinceMs).toBeUndefined();
  });

  it('makes a task overdue when it was asked for after the deadline', () => {
    const watch = after(watchFrom(0, 10), seen('PENDING', 1));

    expect(last(watch, unchanged(10_000)).kind).toBe('watching');
    expect(last(watch, unchanged(10_001))).toMatchObject({
      kind: 'overdue',
      watch: { overdueSinceMs: 10_001 },
    });
  });

  it('has no effect on a task that was never seen', () => {
    const watch = watchFrom(0, 10);

    expect(last(watch, unchanged(99_000))).toEqual({
      kind: 'watching',
      watch,
      changedTo: undefined,
    });
  });

  it('is recognised by the fingerprint of the latest answer', () => {
    const watch = after(watchFrom(0, 300), seen('PENDING', 1, { version: 2 }));
    const fingerprint = 'PENDING {"version":2}';

    expect(watch.fingerprint).toBe(fingerprint);
    expect(after(watch, unchanged(2)).fingerprint).toBe(fingerprint);
    expect(after(watch, seen('RUNNING', 2, { version: 3 })).fingerprint).toBe(
      'RUNNING {"version":3}',
    );
  });

  it('is not recognised by an older answer, nor after a newer event', () => {
    const watch = after(watchFrom(0, 300), seen('PENDING', 1, { version: 2 }));
    const told: TaskFact = { kind: 'reported', task: task('RUNNING', { version: 3 }) };

    expect(after(watch, seen('PROVISIONING', 2, { version: 1 })).fingerprint).toBe(
      watch.fingerprint,
    );
    expect(after(watch, told).fingerprint).toBeUndefined();
  });
});

describe('The start timeout', () => {
  it('is judged only on an answer from after the deadline', () => {
    const watch = watchFrom(1_000, 10);

    expect(last(watch, seen('PENDING', 11_000)).kind).toBe('watching');
    expect(last(watch, seen('PENDING', 11_001)).kind).toBe('overdue');
  });

  it('never applies to a running task, or without a deadline', () => {
    expect(last(after(watchFrom(0, 10), seen('RUNNING', 1)), seen('RUNNING', 60_000)).kind).toBe(
      'watching',
    );
    expect(last(watchFrom(0, undefined), seen('PENDING', 999_999)).kind).toBe('watching');
  });

  it('ends the watch only when ECS shows that it is stopping the task', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000));

    expect(last(overdue, seen('PENDING', 13_000)).kind).toBe('overdue');
    expect(last(overdue, seen('PENDING', 14_000, { desiredStatus: 'STOPPED' }))).toMatchObject({
      kind: 'ended',
      end: { kind: 'start-timed-out', elapsedSeconds: 12, lastSeen: expect.anything() },
    });
  });

  it('passes in the same step that reports a new status', () => {
    const step = last(
      after(watchFrom(0, 10), seen('PROVISIONING', 5_000)),
      seen('PENDING', 12_000),
    );

    expect(step).toMatchObject({
      kind: 'overdue',
      changedTo: 'PENDING',
      watch: { overdueSinceMs: 12_000, lastSeen: { lastStatus: 'PENDING' } },
    });
  });

  it('is not judged on an answer that does not show the task', () => {
    expect(last(watchFrom(0, 10), missing(12_000))).toMatchObject({
      kind: 'watching',
      watch: { overdueSinceMs: undefined },
    });
  });

  it('is reported as the time from launch to the first answer that showed it', () => {
    const overdue = after(
      watchFrom(2_000, 10),
      seen('PENDING', 14_000),
      seen('ACTIVATING', 20_000),
    );

    expect(last(overdue, seen('ACTIVATING', 30_000, { desiredStatus: 'STOPPED' }))).toMatchObject({
      end: { kind: 'start-timed-out', elapsedSeconds: 12, lastSeen: expect.anything() },
    });
  });

  it('ends the watch as timed out, even if the task is STOPPED by the time of the answer', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000));

    expect(last(overdue, seen('STOPPED', 14_000, { desiredStatus: 'STOPPED' }))).toEqual({
      kind: 'ended',
      end: { kind: 'start-timed-out', elapsedSeconds: 12, lastSeen: expect.anything() },
      changedTo: 'STOPPED',
    });
  });

  it('is cancelled permanently by a task that is RUNNING before the stop took effect', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000));

    const step = last(overdue, seen('RUNNING', 13_000));

    expect(step).toMatchObject({
      kind: 'watching',
      changedTo: 'RUNNING',
      watch: { wasRunning: true, start: undefined, overdueSinceMs: undefined },
    });
    expect(
      last(
        after(overdue, seen('RUNNING', 13_000)),
        seen('STOPPED', 14_000, { desiredStatus: 'STOPPED' }),
      ),
    ).toMatchObject({ end: { kind: 'stopped', wasRunning: true } });
  });

  it('stays while the overdue task is MISSING', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000), missing(13_000));

    expect(overdue).toMatchObject({ missingSinceMs: 13_000, overdueSinceMs: 12_000 });
    expect(last(overdue, seen('PENDING', 14_000))).toMatchObject({
      kind: 'overdue',
      watch: { missingSinceMs: undefined, overdueSinceMs: 12_000 },
    });
  });

  it.each([
    ['five minutes of MISSING', [missing(13_000), missing(13_000 + missingGraceMs)]],
    ['the end of its cluster', [clusterGone(13_000)]],
  ])('does not outlive its task: after %s an overdue task has vanished', (_what, facts) => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000), ...facts.slice(0, -1));

    expect(last(overdue, facts.at(-1) ?? clusterGone(0))).toMatchObject({
      kind: 'ended',
      end: { kind: 'vanished', lastSeen: { lastStatus: 'PENDING' } },
    });
  });

  it.each([
    ['a lower version', seen('PENDING', 13_000, { version: 4, desiredStatus: 'STOPPED' })],
    ['a lower version that is RUNNING', seen('RUNNING', 13_000, { version: 4 })],
    ['a lower rank', seen('PROVISIONING', 13_000, { desiredStatus: 'STOPPED' })],
  ])('is neither completed nor cancelled by an older fact: %s', (_what, old) => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000, { version: 5 }));

    const step = last(overdue, old);

    expect(step).toMatchObject({ changedTo: undefined, watch: overdue });
  });

  it('is cancelled when the run turns out to be Running', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000));

    expect(last(startedAfterAll(overdue), seen('PENDING', 13_000)).kind).toBe('watching');
  });

  it('does not hide the exit of a container that started and ended between two rounds', () => {
    const overdue = after(watchFrom(0, 10), seen('PENDING', 12_000));
    const exited = { name: 'prefect', exitCode: 3, reason: undefined, lastStatus: 'STOPPED' };

    expect(
      last(overdue, seen('STOPPED', 14_000, { desiredStatus: 'STOPPED', containers: [exited] })),
    ).toMatchObject({ kind: 'ended', end: { kind: 'stopped' } });
  });

  it('leaves a task whose run was Running stored as having run', () => {
    const running = startedAfterAll(after(watchFrom(0, 10), seen('PENDING', 12_000)));

    expect(last(running, seen('STOPPED', 14_000))).toMatchObject({
      end: { kind: 'stopped', wasRunning: true },
    });
  });
});

describe('The start of a task on the cluster’s own capacity provider', () => {
  const own = { capacityProviderName: 'own' };
  const kindOf = (watch: Watch, fact: TaskFact) => last(watch, fact).kind;

  it('may wait for an instance as long as for capacity', () => {
    const waiting = after(watchFrom(0, 300), seen('PROVISIONING', 5_000, own));

    expect(kindOf(waiting, seen('PROVISIONING', 1_800_000, own))).toBe('watching');
    expect(kindOf(waiting, seen('PROVISIONING', 1_800_001, own))).toBe('overdue');
  });

  it('counts from the first answer in which it is no longer PROVISIONING', () => {
    const waiting = after(watchFrom(0, 300), seen('PROVISIONING', 5_000, own));
    const placed = after(waiting, seen('PENDING', 900_000, own), seen('PENDING', 1_100_000, own));

    expect(kindOf(placed, seen('ACTIVATING', 1_200_000, own))).toBe('watching');
    expect(kindOf(placed, seen('ACTIVATING', 1_200_001, own))).toBe('overdue');
  });

  it('counts from an answer, not from an event without a time', () => {
    const told: TaskFact = { kind: 'reported', task: task('PENDING', { ...own, version: 9 }) };
    const waiting = after(watchFrom(0, 300), seen('PROVISIONING', 5_000, own), told);

    expect(kindOf(waiting, seen('PENDING', 400_000, { ...own, version: 9 }))).toBe('watching');
    const placed = after(waiting, seen('PENDING', 400_000, { ...own, version: 9 }));
    expect(kindOf(placed, seen('PENDING', 700_001, { ...own, version: 9 }))).toBe('overdue');
  });

  it('gets its own timeout if that is longer, and ignores answers from before', () => {
    const patient = after(watchFrom(0, 300, -Infinity, 0), seen('PROVISIONING', 5_000, own));
    const adopted = after(watchFrom(0, 300, 2_000_000), seen('PROVISIONING', 1_900_000, own));

    expect(kindOf(patient, seen('PROVISIONING', 300_000, own))).toBe('watching');
    expect(kindOf(patient, seen('PROVISIONING', 300_001, own))).toBe('overdue');
    expect(kindOf(adopted, seen('PROVISIONING', 2_000_001, own))).toBe('overdue');
  });

  it.each(['FARGATE', 'FARGATE_SPOT', undefined])(
    'on %s counts from its launch',
    (capacityProviderName) => {
      const watch = after(watchFrom(0, 300), seen('PROVISIONING', 5_000, { capacityProviderName }));

      expect(kindOf(watch, seen('PROVISIONING', 300_001, { capacityProviderName }))).toBe(
        'overdue',
      );
    },
  );
});
