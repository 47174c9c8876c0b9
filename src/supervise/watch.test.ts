import { describe, expect, it } from 'vitest';
import type { EcsTask } from '../core/outcome/task.ts';
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
  return {
    taskArn: arn,
    clusterArn: undefined,
    taskDefinitionArn: undefined,
    lastStatus,
    desiredStatus: 'RUNNING',
    stopCode: undefined,
    stoppedReason: undefined,
    startedBy: undefined,
    version: undefined,
    createdAt: undefined,
    startedAt: undefined,
    containers: [],
    tags: {},
    flowRunIdInOverrides: undefined,
    ...changes,
  };
}

const seen = (lastStatus: string, askedAtMs: number, changes: Partial<EcsTask> = {}): TaskFact => ({
  kind: 'seen',
  task: task(lastStatus, changes),
  askedAtMs,
});

/** The watch after facts that all leave it watching or overdue. */
function after(watch: Watch, ...facts: readonly TaskFact[]): Watch {
  return facts.reduce((known, fact) => {
    const step = observe(known, fact);
    if (step.kind === 'ended') throw new Error('the watch has ended');
    return step.watch;
  }, watch);
}

const last = (watch: Watch, fact: TaskFact): WatchStep => observe(watch, fact);

describe('a followed task', () => {
  it('is told of each new status once', () => {
    const watch = startWatch(0, 300);

    const first = last(watch, seen('PENDING', 5_000));
    const again = last(after(watch, seen('PENDING', 5_000)), seen('PENDING', 10_000));

    expect([first.changedTo, again.changedTo]).toEqual(['PENDING', undefined]);
  });

  it('ends when it is STOPPED, and remembers whether it was ever RUNNING', () => {
    const ran = last(after(startWatch(0, 300), seen('RUNNING', 1)), seen('STOPPED', 2));
    const neverRan = last(startWatch(0, 300), seen('STOPPED', 2));

    expect(ran).toMatchObject({ kind: 'ended', end: { kind: 'stopped', wasRunning: true } });
    expect(neverRan).toMatchObject({ kind: 'ended', end: { kind: 'stopped', wasRunning: false } });
  });

  it.each([
    ['a lower version', seen('PENDING', 3, { version: 2 }), { version: 5 }],
    ['a status of lower rank', seen('PENDING', 3), {}],
  ])('is not set back by an older fact: %s', (_what, old, known) => {
    const watch = after(startWatch(0, undefined), seen('RUNNING', 1, known));

    const step = last(watch, old);

    expect(step).toMatchObject({
      kind: 'watching',
      changedTo: undefined,
      watch: { lastSeen: { lastStatus: 'RUNNING' } },
    });
  });

  it('is taken for gone after five minutes of MISSING in a row, and not before', () => {
    const missing = (askedAtMs: number): TaskFact => ({ kind: 'missing', askedAtMs });
    const watch = after(startWatch(0, undefined), missing(1_000));

    expect(last(watch, missing(1_000 + missingGraceMs - 1)).kind).toBe('watching');
    expect(last(watch, missing(1_000 + missingGraceMs))).toMatchObject({
      kind: 'ended',
      end: { kind: 'vanished' },
    });
    expect(last(after(watch, seen('PENDING', 2_000)), missing(1_000 + missingGraceMs)).kind).toBe('watching');
  });

  it('is gone with its cluster', () => {
    expect(last(startWatch(0, 1), { kind: 'cluster-gone', askedAtMs: 1 })).toMatchObject({
      kind: 'ended',
      end: { kind: 'vanished', lastSeen: undefined },
    });
  });
});

describe('the start timeout', () => {
  it('is judged on an answer from after the deadline only', () => {
    const watch = startWatch(1_000, 10);

    expect(last(watch, seen('PENDING', 11_000)).kind).toBe('watching');
    expect(last(watch, seen('PENDING', 11_001)).kind).toBe('overdue');
  });

  it('never comes for a task that runs, nor where there is none', () => {
    expect(last(after(startWatch(0, 10), seen('RUNNING', 1)), seen('RUNNING', 60_000)).kind).toBe('watching');
    expect(last(startWatch(0, undefined), seen('PENDING', 999_999)).kind).toBe('watching');
  });

  it('ends the watch only when ECS shows that it means to stop the task', () => {
    const overdue = after(startWatch(0, 10), seen('PENDING', 12_000));

    expect(last(overdue, seen('PENDING', 13_000)).kind).toBe('overdue');
    expect(last(overdue, seen('PENDING', 14_000, { desiredStatus: 'STOPPED' }))).toMatchObject({
      kind: 'ended',
      end: { kind: 'start-timed-out', elapsedSeconds: 12 },
    });
  });

  it('is called off when the run turns out to be Running', () => {
    const overdue = after(startWatch(0, 10), seen('PENDING', 12_000));

    expect(last(startedAfterAll(overdue), seen('PENDING', 13_000)).kind).toBe('watching');
  });
});
