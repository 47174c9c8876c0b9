import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { parseQueueMessage, type TaskEvent } from './task-event-message.ts';

const flowRunId = '7b3c2d10-8f1e-4a52-9d0c-3e5f6a7b8c9d';
const launchId = '0f9de17a-6465-404e-8b1b-2356dc13c2f8';
const taskArn = 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8';

const envelope = (detail: Json, changes: JsonObject = {}): string =>
  JSON.stringify({
    id: '3317b2af-7005-947d-b652-f55e762e571a',
    'detail-type': 'ECS Task State Change',
    time: '2023-11-14T22:14:36Z',
    detail,
    ...changes,
  });

function eventIn(detail: Json, changes: JsonObject = {}): TaskEvent {
  const message = parseQueueMessage(envelope(detail, changes));
  if (message.kind !== 'task') throw new Error(`it is ${message.kind}`);
  return message.event;
}

const task = (changes: JsonObject = {}): JsonObject => ({
  taskArn,
  lastStatus: 'STOPPED',
  ...changes,
});
const overrides = (...containerOverrides: readonly Json[]): JsonObject => ({
  overrides: { containerOverrides },
});
const named = (value?: Json): JsonObject => ({
  name: 'prefect',
  environment: [
    { name: 'A', value: '1' },
    { name: 'PREFECT__FLOW_RUN_ID', ...(value !== undefined && { value }) },
  ],
});

describe('A queue message', () => {
  it.each([[undefined], ['']])('without a body is empty: %j', (body) => {
    expect(parseQueueMessage(body)).toEqual({ kind: 'empty' });
  });

  it.each(['no JSON', '[]', 'null', '"text"', '1'])(
    'that is no JSON object cannot be read: %s',
    (body) => {
      expect(parseQueueMessage(body)).toEqual({ kind: 'unreadable' });
    },
  );

  it.each(['ECS Container Instance State Change', 'ECS Deployment State Change', 'Else'])(
    'of another kind is told by its kind: %s',
    (detailType) => {
      expect(parseQueueMessage(JSON.stringify({ 'detail-type': detailType }))).toEqual({
        kind: 'other',
        detailType,
      });
    },
  );

  it('from an SNS topic is parsed as its content', () => {
    const plain = envelope(task());
    const wrapped = JSON.stringify({
      Type: 'Notification',
      TopicArn: 'arn:aws:sns:us-east-1:1:t',
      Message: plain,
    });

    expect(parseQueueMessage(wrapped)).toEqual(parseQueueMessage(plain));
    expect(parseQueueMessage(JSON.stringify({ Type: 'Notification', Message: 7 }))).toMatchObject({
      kind: 'other',
    });
  });

  it('without a kind has an unknown kind', () => {
    expect(parseQueueMessage('{"detail-type": 1}')).toEqual({
      kind: 'other',
      detailType: undefined,
    });
  });
});

describe('A task event', () => {
  it('equals an answer of DescribeTasks', () => {
    const event = eventIn(
      task({
        clusterArn: 'arn:c',
        taskDefinitionArn: 'arn:d',
        desiredStatus: 'STOPPED',
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        startedBy: 'me',
        capacityProviderName: 'FARGATE_SPOT',
        version: 6,
        createdAt: '2023-11-14T22:13:20.123Z',
        startedAt: '2023-11-14T22:13:36.3Z',
        containers: [
          { name: 'main', exitCode: 3, lastStatus: 'STOPPED', reason: 'OutOfMemoryError' },
        ],
      }),
    );

    expect(event).toMatchObject({
      id: '3317b2af-7005-947d-b652-f55e762e571a',
      occurred: '2023-11-14T22:14:36Z',
      detail: { taskArn, lastStatus: 'STOPPED', containers: [{ name: 'main', exitCode: 3 }] },
    });
    expect(event.task).toEqual({
      taskArn,
      lastStatus: 'STOPPED',
      clusterArn: 'arn:c',
      taskDefinitionArn: 'arn:d',
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      startedBy: 'me',
      capacityProviderName: 'FARGATE_SPOT',
      version: 6,
      createdAt: new Date('2023-11-14T22:13:20.123Z'),
      startedAt: new Date('2023-11-14T22:13:36.300Z'),
      containers: [
        { name: 'main', exitCode: 3, lastStatus: 'STOPPED', reason: 'OutOfMemoryError' },
      ],
      tags: {},
      flowRunIdInOverrides: undefined,
    });
  });

  it.each<[string, Json]>([
    ['no task', { lastStatus: 'RUNNING' }],
    ['no status', { taskArn }],
    ['nothing', {}],
    ['no detail', 'text'],
  ])('that names %s is ignored as a description', (_what, detail) => {
    expect(eventIn(detail).task).toBeUndefined();
  });

  it('with unreadable fields is parsed without them', () => {
    const event = eventIn(
      task({
        stopCode: null,
        version: 'six',
        createdAt: 'yesterday',
        containers: [1, {}, { exitCode: null }],
        overrides: [],
      }),
      { id: 'no uuid', time: 'soon' },
    );

    expect([event.id, event.occurred]).toEqual([undefined, undefined]);
    const nothing = {
      name: undefined,
      exitCode: undefined,
      reason: undefined,
      lastStatus: undefined,
    };
    expect(event.task).toMatchObject({
      stopCode: undefined,
      version: undefined,
      createdAt: undefined,
      containers: [nothing, nothing],
    });
    expect(eventIn(task(), { time: 1 }).occurred).toBeUndefined();
  });
});

describe('A forged message', () => {
  it('changes no prototype, and its unknown keys are dropped', () => {
    const body =
      `{"__proto__":{"polluted":1},"detail-type":"ECS Task State Change","detail":{"taskArn":"${taskArn}",` +
      '"lastStatus":"STOPPED","__proto__":{"polluted":1},"containers":[{"__proto__":{"exitCode":1},"name":"prefect"}]}}';

    const message = parseQueueMessage(body);

    expect('polluted' in {}).toBe(false);
    expect(message.kind === 'task' && message.event.task?.containers[0]?.exitCode).toBeUndefined();
    expect(message.kind === 'task' && message.event.task).not.toHaveProperty('polluted');
  });

  it('cannot contain a status or a text of unlimited length', () => {
    const longer = 'X'.repeat(100_000);

    expect(eventIn(task({ lastStatus: longer })).task).toBeUndefined();
    expect(eventIn(task({ lastStatus: 'RUNNING\n' })).task).toBeUndefined();
    expect(eventIn(task({ taskArn: longer })).task).toBeUndefined();
    expect(eventIn(task({ stoppedReason: longer })).task?.stoppedReason).toBeUndefined();
  });
});

describe("The owner of an event's task", () => {
  it.each<[string, JsonObject, unknown]>([
    [
      'ours, by the mark that we set',
      { startedBy: `prefect/${flowRunId}/${launchId}/2` },
      { kind: 'marked', mark: { flowRunId, launchId, attempt: 2 } },
    ],
    [
      'of the run that its environment names',
      overrides({}, named(flowRunId)),
      { kind: 'named', flowRunId },
    ],
    ['nobody’s who is known, when values are withheld', overrides(named()), { kind: 'withheld' }],
    ['nor when they are masked', overrides(named('****')), { kind: 'withheld' }],
    [
      'nor when nothing but containers is told',
      overrides({ name: 'prefect' }),
      { kind: 'withheld' },
    ],
    ['foreign, when nothing is overridden', {}, { kind: 'foreign' }],
    [
      'foreign, when the environment names no run',
      overrides({ environment: [{ name: 'A', value: flowRunId }, 1] }),
      { kind: 'foreign' },
    ],
    [
      'foreign, when a service started it',
      { group: 'service:web', ...overrides({ name: 'x' }) },
      { kind: 'foreign' },
    ],
  ])('is %s', (_what, detail, identity) => {
    expect(eventIn(task(detail)).identity).toEqual(identity);
  });

  it('is part of the description', () => {
    expect(eventIn(task(overrides(named(flowRunId)))).task?.flowRunIdInOverrides).toBe(flowRunId);
  });
});
