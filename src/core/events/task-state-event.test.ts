import { describe, expect, it } from 'vitest';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import { taskStateEvent, type ToldEvent } from './task-state-event.ts';

const taskArn = 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a';
const task = ecsTask({ taskArn, lastStatus: 'RUNNING', desiredStatus: 'RUNNING' });
const at = '2026-11-25T10:05:00Z';

const told = (changes: Partial<ToldEvent>): ToldEvent => ({
  id: 'before',
  occurredMs: Date.parse(at) - 1_000,
  follows: null,
  ...changes,
});
const followsAfter = (before: ToldEvent | undefined): string | null =>
  taskStateEvent({ id: 'now', occurred: at, task }, [], before).follows;

describe("The Prefect event for a task's change", () => {
  it("has the id and time of AWS's event", () => {
    const related = [
      { 'prefect.resource.id': 'prefect.flow-run.r', 'prefect.resource.role': 'flow-run' },
    ];
    const full = { ...task, clusterArn: 'arn:c', taskDefinitionArn: 'arn:d' };

    expect(taskStateEvent({ id: 'now', occurred: at, task: full }, related, undefined)).toEqual({
      id: 'now',
      occurred: at,
      event: 'prefect.ecs.task.running',
      resource: {
        'prefect.resource.id': 'prefect.ecs.task.0f9de17a',
        'ecs.taskArn': taskArn,
        'ecs.clusterArn': 'arn:c',
        'ecs.taskDefinitionArn': 'arn:d',
      },
      related,
      payload: {},
      follows: null,
    });
  });

  it('has no unknown cluster or definition', () => {
    expect(taskStateEvent({ id: 'now', occurred: at, task }, [], undefined).resource).toEqual({
      'prefect.resource.id': 'prefect.ecs.task.0f9de17a',
      'ecs.taskArn': taskArn,
    });
  });

  it.each([
    ['the one before it', told({}), 'before'],
    ['nothing, when it is the first', undefined, null],
    ['nothing that is five minutes older', told({ occurredMs: Date.parse(at) - 300_000 }), null],
    ['what is just less', told({ occurredMs: Date.parse(at) - 299_999 }), 'before'],
    ['nothing that came after it', told({ occurredMs: Date.parse(at) + 1 }), null],
    [
      'never itself, but what it followed when it was told first',
      told({ id: 'now', follows: 'first' }),
      'first',
    ],
  ])('follows %s', (_what, before, follows) => {
    expect(followsAfter(before)).toBe(follows);
  });
});
