import { describe, expect, it } from 'vitest';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import type { EcsTask } from '../task/task.ts';
import { askableArn, detailOf, ownerOf } from './stopped-by-ecs.ts';

const taskArn = 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8';
const flowRunId = '7b3c2d10-8f1e-4a52-9d0c-3e5f6a7b8c9d';
const launchId = '0f9de17a-6465-404e-8b1b-2356dc13c2f8';
const stopped = (changes: Partial<EcsTask> = {}): EcsTask =>
  ecsTask({
    taskArn,
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    version: 6,
    ...changes,
  });
const container = (name: string, exitCode?: number): EcsTask['containers'][number] => ({
  name,
  exitCode,
  reason: undefined,
  lastStatus: 'STOPPED',
});

describe('The owner of a task, according to ECS', () => {
  const mark = { flowRunId, launchId, attempt: 1 };
  it.each<[string, Partial<EcsTask>, unknown]>([
    ['ours, by our mark', { startedBy: `prefect/${flowRunId}/${launchId}` }, { flowRunId, mark }],
    [
      'a run’s, by its tag',
      { tags: { 'prefect.io/flow-run-id': flowRunId } },
      { flowRunId, mark: undefined },
    ],
    [
      'a run’s, by its overrides when the tags are gone',
      { flowRunIdInOverrides: flowRunId },
      { flowRunId, mark: undefined },
    ],
    [
      'nobody’s, when the id is none',
      { tags: { 'prefect.io/flow-run-id': '../admin' } },
      undefined,
    ],
    ['nobody’s', {}, undefined],
  ])('is %s', (_what, changes, owner) => {
    expect(ownerOf(stopped(changes))).toEqual(owner);
  });
});

describe('The end of a task, according to ECS', () => {
  it('excludes the agents that AWS adds', () => {
    const agent = 'aws-guardduty-agent-tUQn5';
    const detail = detailOf(
      stopped({
        containers: [container(agent, 143), container('flow', 0)],
        overrides: [
          { name: agent, namesFlowRun: false },
          { name: 'flow', namesFlowRun: true },
        ],
      }),
    );

    expect(detail).toEqual({
      taskArn,
      lastStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ name: 'flow', containerArn: undefined, exitCode: 0 }],
      overrides: [{ name: 'flow', namesFlowRun: true }],
    });
  });

  it('may have no overrides', () => {
    expect(detailOf(stopped()).overrides).toEqual([]);
  });
});

describe('The ARN of a task', () => {
  it.each([
    taskArn,
    'arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task/a_b-c/0f9de17a-6465-404e-8b1b-2356dc13c2f8',
  ])('is valid for DescribeTasks: %s', (arn) => {
    expect(askableArn(arn)?.taskArn).toBe(arn);
  });

  it.each([
    [
      'of an old account',
      'arn:aws:ecs:us-east-1:111122223333:task/0f9de17a6465404e8b1b2356dc13c2f8',
    ],
    ['with another id', 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a'],
    ['with a cluster that none is called', taskArn.replace('/dev/', '/d v/')],
    ['of a made-up host', taskArn.replace('us-east-1', 'us-east-1.example.com#')],
    ['of a made-up account', taskArn.replace('111122223333', 'root')],
    ['of a made-up partition', taskArn.replace('arn:aws:', 'arn:$x:')],
    ['that is none', 'task'],
  ])('%s is invalid, because it would fail the call for other tasks', (_what, arn) => {
    expect(askableArn(arn)).toBeUndefined();
  });
});
