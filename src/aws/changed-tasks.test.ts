import { Readable } from 'node:stream';
import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { describeChangedTasks } from './changed-tasks.ts';

const arnOf = (name: string): string => `arn:aws:ecs:us-east-1:111122223333:task/dev/${name}`;

interface Told {
  readonly name: string;
  readonly lastStatus: string;
  readonly reason?: string;
}

/** A task as ECS returns it, with its variables. */
const taskText = ({ name, lastStatus, reason }: Told): string =>
  JSON.stringify({
    overrides: {
      containerOverrides: [{ name: 'main', environment: [{ name: 'TOKEN', value: '"}],[{' }] }],
    },
    taskArn: arnOf(name),
    lastStatus,
    version: 3,
    createdAt: 1893456000.5,
    stoppedReason: reason,
    containers: [{ name: 'main', exitCode: 1 }],
  });

const answerOf = (...tasks: readonly Told[]): string =>
  `{ "failures": [{"arn":"${arnOf('gone')}","reason":"MISSING"}],\n "tasks" : [${tasks.map(taskText).join(' , ')}] }`;

/** A client that receives this answer in pieces, as a socket delivers it. */
function clientTold(body: string, statusCode = 200): ECSClient {
  return new ECSClient({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    requestHandler: {
      handle: () => {
        const bytes = Buffer.from(body);
        const pieces = [bytes.subarray(0, 7), bytes.subarray(7)];
        return Promise.resolve({
          response: { statusCode, headers: {}, body: Readable.from(pieces, { objectMode: false }) },
        });
      },
    },
  });
}

const look = (body: string, known: ReadonlyMap<string, string> = new Map(), statusCode = 200) =>
  describeChangedTasks(
    clientTold(body, statusCode),
    { cluster: 'dev', tasks: [arnOf('a')] },
    known,
    new AbortController().signal,
  );

/** What is known after an answer. */
const knownAfter = (answer: Awaited<ReturnType<typeof look>>): ReadonlyMap<string, string> =>
  new Map(answer.changed.map(({ task, fingerprint }) => [fingerprint ?? '', task.taskArn]));

const [a, b, c]: readonly [Told, Told, Told] = [
  { name: 'a', lastStatus: 'RUNNING' },
  { name: 'b', lastStatus: 'PENDING' },
  { name: 'c', lastStatus: 'STOPPED', reason: 'außer Betrieb ⛔' },
];

describe('describeChangedTasks', () => {
  it('returns tasks it does not know, without their overrides', async () => {
    const { changed, unchanged, failures } = await look(answerOf(a, c));

    expect(unchanged).toEqual([]);
    expect(failures).toEqual([{ arn: arnOf('gone'), reason: 'MISSING' }]);
    expect(changed.map(({ task }) => task)).toMatchObject([
      {
        taskArn: arnOf('a'),
        lastStatus: 'RUNNING',
        version: 3,
        createdAt: new Date('2030-01-01T00:00:00.500Z'),
        containers: [{ name: 'main', exitCode: 1 }],
        flowRunIdInOverrides: undefined,
      },
      { taskArn: arnOf('c'), lastStatus: 'STOPPED', stoppedReason: 'außer Betrieb ⛔' },
    ]);
  });

  it('returns only the ARN of a task that has not changed', async () => {
    const known = knownAfter(await look(answerOf(a, b, c)));

    expect(await look(answerOf(c, a, b), known)).toMatchObject({
      changed: [],
      unchanged: [arnOf('c'), arnOf('a'), arnOf('b')],
      failures: [{ reason: 'MISSING' }],
    });
  });

  it.each([
    ['first', [{ ...a, lastStatus: 'STOPPED' }, b, c], [arnOf('a')]],
    ['middle', [a, { ...b, lastStatus: 'RUNNING' }, c], [arnOf('b')]],
    ['last', [a, b, { ...c, reason: 'else' }], [arnOf('c')]],
    ['first and last', [{ ...a, reason: 'x' }, b, { ...c, reason: 'y' }], [arnOf('a'), arnOf('c')]],
  ])(
    'returns a changed task in full, with a fingerprint of its own: the %s',
    async (_which, told, arns) => {
      const known = knownAfter(await look(answerOf(a, b, c)));

      const answer = await look(answerOf(...told), known);

      expect(answer.changed.map(({ task }) => task.taskArn)).toEqual(arns);
      expect(answer.unchanged).toHaveLength(3 - arns.length);
      expect(
        await look(answerOf(...told), new Map([...known, ...knownAfter(answer)])),
      ).toMatchObject({
        changed: [],
      });
    },
  );

  it('accepts an answer without tasks', async () => {
    expect(await look('{"tasks":[],"failures":[]}')).toEqual({
      changed: [],
      unchanged: [],
      failures: [],
    });
    expect(await look('{}')).toEqual({ changed: [], unchanged: [], failures: [] });
  });

  it('leaves an error answer to the SDK', async () => {
    const refused = look(
      '{"__type":"ClusterNotFoundException","message":"Cluster not found."}',
      new Map(),
      400,
    );

    await expect(refused).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
  });

  it('rejects an answer that breaks off', async () => {
    const known = knownAfter(await look(answerOf(a, b)));

    await expect(look(answerOf(a, b).slice(0, -4), known)).rejects.toThrow(/JSON/);
  });
});
