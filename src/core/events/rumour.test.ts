import { describe, expect, it } from 'vitest';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import type { EcsTask } from '../task/task.ts';
import { isForgottenBy, isWorthAsking, laterStatus } from './rumour.ts';

const task = (lastStatus: string, changes: Partial<EcsTask> = {}): EcsTask =>
  ecsTask({
    taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8',
    lastStatus,
    desiredStatus: undefined,
    ...changes,
  });
const notice = { stopCode: 'TerminationNotice', desiredStatus: 'STOPPED' };

describe('An event of a followed task', () => {
  it.each<[string, EcsTask, EcsTask | undefined, boolean]>([
    ['its end', task('STOPPED'), task('RUNNING'), true],
    [
      'its end, with any version',
      task('STOPPED', { version: 1 }),
      task('RUNNING', { version: 9e15 }),
      true,
    ],
    ['that it runs', task('RUNNING'), task('PENDING'), true],
    ['that it has run', task('DEPROVISIONING'), undefined, true],
    ['that Spot takes it back', task('RUNNING', notice), task('RUNNING'), true],
  ])('is a reason to ask ECS if it reports %s', (_what, told, lastSeen) => {
    const wasRunning = lastSeen?.lastStatus === 'RUNNING';

    expect(isWorthAsking(told, { lastSeen, wasRunning })).toBe(true);
  });

  it.each<[string, EcsTask, EcsTask | undefined]>([
    ['that it waits', task('PENDING'), undefined],
    ['that it runs, which is known', task('RUNNING'), task('RUNNING')],
    ['that its containers have ended', task('DEPROVISIONING'), task('RUNNING')],
    ['the notice that is known', task('RUNNING', notice), task('RUNNING', notice)],
  ])('is not a reason to ask ECS if it reports %s', (_what, told, lastSeen) => {
    const wasRunning = lastSeen?.lastStatus === 'RUNNING';

    expect(isWorthAsking(told, { lastSeen, wasRunning })).toBe(false);
  });
});

it.each([
  [undefined, 'PENDING', 'PENDING'],
  ['RUNNING', 'PENDING', 'RUNNING'],
  ['PENDING', 'STOPPED', 'STOPPED'],
  ['PENDING', 'UNHEARD_OF', 'PENDING'],
])('of the statuses %s and %s the later one is %s', (one, other, later) => {
  expect(laterStatus(one, other)).toBe(later);
});

it.each([
  ['2026-01-01T10:59:59Z', true],
  ['2026-01-01T11:00:01Z', false],
  ['2036-01-01T11:00:01Z', false],
  [undefined, false],
])('at noon ECS may have forgotten the task of an event of %s: %s', (occurred, isForgotten) => {
  expect(isForgottenBy(occurred, Date.parse('2026-01-01T12:00:00Z'))).toBe(isForgotten);
});
