import { describe, expect, it } from 'vitest';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import { startFailureOf } from './start-failure.ts';
import type { EcsTask } from '../task/task.ts';

const stopped = (stoppedReason: string | undefined, changes: Partial<EcsTask> = {}): EcsTask =>
  ecsTask({
    taskArn: 'task',
    desiredStatus: 'STOPPED',
    lastStatus: 'STOPPED',
    stopCode: 'TaskFailedToStart',
    stoppedReason,
    ...changes,
  });

describe('A task that never ran', () => {
  it.each([
    ['capacity', 'RESOURCE:MEMORY'],
    ['capacity', 'Capacity is unavailable at this time.'],
    ['transient', 'Timeout waiting for network interface provisioning to complete.'],
    ['transient', 'CannotPullContainerError: pull image manifest: i/o timeout'],
    ['transient', 'Host EC2 (instance i-0a1b2c3d) terminated.'],
    ['transient', 'Unable to connect to the ECS agent to start the task'],
  ])('failed for a reason of kind %s: %s', (kind, reason) => {
    expect(startFailureOf(stopped(reason), 'prefect', false)).toEqual({ kind, reason });
  });

  it('gives its diagnosis code as the reason if ECS gave none', () => {
    const notice = { stopCode: 'TerminationNotice', containers: [] };

    expect(startFailureOf(stopped(undefined, notice), 'prefect', false)).toEqual({
      kind: 'transient',
      reason: 'ecs.host_retired',
    });
  });

  it("gives its container's reason if the task's says nothing", () => {
    const container = {
      name: 'prefect',
      exitCode: undefined,
      reason: 'CannotPullContainerError: i/o timeout',
      lastStatus: 'STOPPED',
    };

    for (const reason of [undefined, 'Task failed to start'])
      expect(
        startFailureOf(stopped(reason, { containers: [container] }), 'prefect', false),
      ).toEqual({
        kind: 'transient',
        reason: 'CannotPullContainerError: i/o timeout',
      });
  });

  it('is not relaunched if the next one would fail the same way', () => {
    expect(
      startFailureOf(stopped('CannotPullContainerError: x: not found'), 'prefect', false),
    ).toBeUndefined();
  });
});

it.each<[string, EcsTask, boolean]>([
  ['was seen running', stopped('RESOURCE:MEMORY'), true],
  ['has a start time', stopped('RESOURCE:MEMORY', { startedAt: new Date(0) }), false],
  [
    'has any container with an exit code',
    stopped('RESOURCE:MEMORY', {
      containers: [{ name: 'sidecar', exitCode: 0, reason: undefined, lastStatus: 'STOPPED' }],
    }),
    false,
  ],
  ['was stopped on request', stopped('RESOURCE:MEMORY', { stopCode: 'UserInitiated' }), false],
])('A task that %s is not relaunched', (_what, task, wasRunning) => {
  expect(startFailureOf(task, 'prefect', wasRunning)).toBeUndefined();
});
