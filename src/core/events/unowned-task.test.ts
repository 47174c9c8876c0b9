import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { parseQueueMessage } from './task-event-message.ts';
import { endOfMarkedTask, type MarkedTaskEnd } from './unowned-task.ts';

function endOf(detail: JsonObject): MarkedTaskEnd {
  const taskArn = 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a';
  const message = parseQueueMessage(
    JSON.stringify({
      'detail-type': 'ECS Task State Change',
      detail: { taskArn, lastStatus: 'STOPPED', ...detail },
    }),
  );
  if (message.kind !== 'task' || message.event.task === undefined)
    throw new Error('it is no task event');
  return endOfMarkedTask(message.event.task, message.event.detail);
}

const container = (name: string, exitCode?: number): JsonObject => ({
  name,
  ...(exitCode !== undefined && { exitCode }),
});
const startedAt = '2026-11-25T10:05:00Z';
const override = (name: string, ...names: readonly string[]): JsonObject => ({
  name,
  environment: names.map((variable) => ({ name: variable })),
});

describe('The end of a task that this process does not follow', () => {
  it.each<[string, JsonObject, string]>([
    [
      'an exit code',
      { containers: [container('prefect', 3)] },
      'Flow run infrastructure exited with non-zero status code 3. Process exited with an unexpected status code.',
    ],
    [
      'no exit code of a task that ran',
      { containers: [container('prefect')], startedAt },
      'Flow run infrastructure exited with non-zero status code -1.',
    ],
    [
      'a start that failed',
      {
        stopCode: 'TaskFailedToStart',
        stoppedReason: 'CannotPullContainerError: pull access denied',
      },
      'Failed to submit flow run to infrastructure: TaskFailedToStart: CannotPullContainerError: pull access denied',
    ],
  ])("with %s crashes its run in its follower's words", (_what, detail, message) => {
    expect(endOf(detail)).toMatchObject({
      kind: 'crashed',
      message: expect.stringContaining(message),
    });
  });

  it.each<[string, JsonObject]>([
    ['after an exit with 0', { containers: [container('prefect', 0)] }],
    [
      'while it waits for room',
      {
        stopCode: 'TaskFailedToStart',
        stoppedReason:
          'Capacity is unavailable at this time. Please try again later or in a different availability zone',
      },
    ],
  ])('is left to its follower %s', (_what, detail) => {
    expect(endOf(detail).kind).toBe('left');
  });

  it.each<[string, JsonObject, string]>([
    [
      'that is told which run it runs',
      {
        overrides: {
          containerOverrides: [override('side'), override('flow', 'PREFECT__FLOW_RUN_ID')],
        },
      },
      'flow',
    ],
    ['that alone is overridden', { overrides: { containerOverrides: [override('side')] } }, 'side'],
    ['named prefect', { overrides: { containerOverrides: [override('gone')] } }, 'prefect'],
    [
      'named prefect, when several are overridden',
      { overrides: { containerOverrides: [override('side'), override('flow')] } },
      'prefect',
    ],
  ])('uses the container %s', (_what, detail, containerName) => {
    const containers = [container('flow', 1), container('side', 1), container('prefect', 1)];

    expect(endOf({ containers, ...detail })).toMatchObject({ containerName });
  });

  it('uses its first container if no name is known', () => {
    expect(endOf({ containers: [container('one', 1), container('two', 2)] })).toMatchObject({
      containerName: 'one',
    });
  });

  it('may have no container at all', () => {
    expect(endOf({ startedAt })).toMatchObject({ containerName: 'prefect' });
  });
});
