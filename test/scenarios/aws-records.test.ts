import { describe, expect, it } from 'vitest';
import { Answer } from '../../src/local/message.ts';
import {
  bodyOf,
  refusals,
  tasks,
  type RecordedRefusal,
  type RecordedTask,
} from '../recorded/aws-records.ts';
import { makeQueue } from './event-queue.ts';
import { World } from './world.ts';

const executionRole = 'arn:aws:iam::123456789012:role/execution';

/** Makes a fault that answers with the recorded bytes. */
function giving({ operation, wire }: RecordedRefusal, times?: number) {
  const fault = {
    kind: 'answer',
    status: wire.status,
    headers: wire.headers,
    body: bodyOf(wire),
  } as const;
  return { operation, fault, ...(times !== undefined && { times }) };
}

/** AWS's error code as our messages show it: the HTTP status where the answer has no code. */
function codeIn({ wire }: RecordedRefusal): string {
  const body = bodyOf(wire);
  const code =
    /"__type": ?"(?:[^"#]*#)?([^"]+)"/.exec(body)?.[1] ?? /<Code>([^<]+)</.exec(body)?.[1];
  return code ?? String(wire.status);
}

const sentenceOf = (record: RecordedRefusal): string =>
  `An error occurred (${codeIn(record)}) when calling the ${record.operation.split(':')[1] ?? ''} operation: `;

/** Starts a run whose launch makes the recorded call. */
async function runThatMeets(world: World, record: RecordedRefusal): Promise<string> {
  const { launchType, cluster } = record.context ?? {};
  world.configurePool({
    configure_cloudwatch_logs: true,
    execution_role_arn: executionRole,
    stream_output: true,
    ...(launchType !== undefined && { launch_type: launchType }),
    ...(cluster !== undefined && { cluster }),
  });
  if (record.operation.startsWith('sqs:')) makeQueue(world);
  await world.startWorker({ observes: record.operation.startsWith('sqs:') });
  const [run = ''] = world.schedule();
  return run;
}

const linesWith = (world: World, text: string): readonly string[] =>
  world.log.filter((line) => line.includes(text) && !line.includes(' worker debug '));

const ofClass = (...classes: readonly string[]) =>
  refusals
    .filter((one) => classes.includes(one.expected.class))
    .map((one): [string, RecordedRefusal] => [one.id, one]);

/** Refusals of the credentials hold back every run and crash none (worker.md 8.5). */
const holdsBack = (record: RecordedRefusal): boolean =>
  /Expired|Unrecognized|AuthFailure/.test(codeIn(record));
const isOfLogs = ({ operation }: RecordedRefusal): boolean => operation.startsWith('logs:');

describe('A refusal that no retry cures', () => {
  const hopeless = ofClass('hopeless');

  it.each(hopeless.filter(([, one]) => !holdsBack(one) && !isOfLogs(one)))(
    'crashes its run with the code, AWS’s words and the next step: %s',
    async (_, record) => {
      await using world = await World.start();
      world.aws.faults.add(giving(record));
      const run = await runThatMeets(world, record);
      await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '3m');

      const { message } = world.prefect.stateOf(run);
      const logged =
        world.log.find((line) => line.includes(`error Failed to submit flow run`)) ?? '';
      for (const told of [message, logged]) {
        expect(told).toMatch(/\[ecs\.[a-z_.]+\] .* Read more: https:/);
        expect(told).toContain(record.expected.keep ?? '');
        if (record.kind === 'error') expect(told).toContain(sentenceOf(record));
      }
    },
  );

  it.each(hopeless.filter(([, one]) => holdsBack(one)))(
    'of credentials crashes no run, and the log has AWS’s words: %s',
    async (_, record) => {
      await using world = await World.start();
      const fault = world.aws.faults.add(giving(record));
      const run = await runThatMeets(world, record);
      await world.elapse('5m');

      expect(world.statesOf(run)).not.toContain('Crashed');
      const told = linesWith(world, sentenceOf(record));
      expect(told.filter((line) => line.includes(' worker error '))).not.toEqual([]);
      expect(told.filter((line) => line.includes(run))).not.toEqual([]);
      expect(told[0]).toContain(record.expected.keep);

      fault[Symbol.dispose]();
      await world.until('it is over', () => world.stateOf(run) === 'Completed', '15m');
    },
  );

  it.each(hopeless.filter(([, one]) => isOfLogs(one)))(
    'of a log read harms no run, and the log has AWS’s words: %s',
    async (_, record) => {
      await using world = await World.start({ speech: () => [{ afterMs: 0, text: 'hello' }] });
      world.aws.faults.add(giving(record));
      const run = await runThatMeets(world, record);
      await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');
      await world.elapse('1m');

      const [told] = linesWith(world, sentenceOf(record));
      expect(told).toContain(' worker error Failed to read log events with request ');
      expect(told).toContain(record.expected.keep);
    },
  );
});

describe('A refusal for lack of capacity', () => {
  it.each(ofClass('capacity'))(
    'makes the run wait, and its state names the reason: %s',
    async (_, record) => {
      await using world = await World.start();
      const fault = world.aws.faults.add(giving(record));
      const run = await runThatMeets(world, record);
      await world.until('it waits', () => world.stateOf(run) === 'AwaitingCapacity 2', '1m');

      const { message } = world.prefect.stateOf(run);
      const [logged = ''] = linesWith(world, 'the flow run waits at most');
      for (const told of [message, logged]) {
        expect(told).toContain(record.expected.keep ?? '');
        if (record.kind === 'error') expect(told).toContain(sentenceOf(record));
      }
      fault[Symbol.dispose]();
      if (record.context?.launchType === 'EC2')
        world.aws.capacity.addInstance({ cluster: 'default' }, { cpu: 4_096, memory: 8_192 });
      await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');
    },
  );
});

describe('A refusal that passes', () => {
  const passing = ofClass('throttled', 'transient', 'retryable-client');

  it.each(passing)('only delays its run, and the log has AWS’s words: %s', async (_, record) => {
    await using world = await World.start({ speech: () => [{ afterMs: 0, text: 'hello' }] });
    const fault = world.aws.faults.add(giving(record));
    const run = await runThatMeets(world, record);
    await world.elapse('50s');
    expect(world.statesOf(run)).not.toContain('Crashed');
    fault[Symbol.dispose]();
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '15m');

    expect(world.executor.startsOf(run)).toBe(1);
    const words = (record.expected.keep ?? sentenceOf(record)).replace(/\.$/, '');
    expect(world.log.filter((line) => line.includes(words))).not.toEqual([]);
  });

  it('is not reported as a network error even if EC2 never stops throttling', async () => {
    await using world = await World.start();
    for (const record of refusals.filter(({ id }) => id === 'run-ec2-throttled-subnet')) {
      world.aws.faults.add(giving(record));
      const run = await runThatMeets(world, record);
      await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '20m');

      const { message } = world.prefect.stateOf(run);
      expect(message).toContain('[ecs.throttled]');
      expect(message).toContain(record.expected.keep);
      expect(message).not.toContain('network configuration error');
    }
  });
});

it('A missing queue is reported, whichever error code says so', async () => {
  await using world = await World.start();
  for (const record of refusals.filter(({ id }) => id === 'sqs-none-xml')) {
    world.aws.faults.add(giving(record));
    const run = await runThatMeets(world, record);
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');
  }

  expect(linesWith(world, 'prefect-ecs-tasks-events')).not.toEqual([]);
  expect(linesWith(world, 'ECS observer crashed')).toEqual([]);
});

/** Makes ECS describe the world's first task as the record describes another one. */
function tellsOfItsTask(world: World, { wire }: RecordedTask): void {
  const { body } = wire;
  world.betweenAws = async (request, answer) => {
    const told = await answer();
    if (request.headers.get('x-amz-target')?.endsWith('.DescribeTasks') !== true) return told;
    const [first] = world.aws.tasks();
    const asked = first !== undefined && (await request.text()).includes(first.taskArn);
    if (!asked || told.status !== 200) return told;
    const { taskArn, startedBy } = first;
    const clusterArn = 'arn:aws:ecs:us-east-1:123456789012:cluster/default';
    const text = JSON.stringify(body, (key, value: unknown) => {
      if (key === 'taskArn') return taskArn;
      if (key === 'clusterArn') return clusterArn;
      return key === 'startedBy' ? startedBy : value;
    });
    return new Answer(200, text, { 'content-type': 'application/x-amz-json-1.1' });
  };
}

describe('The recorded end of a task', () => {
  /** The container's reason comes first: beside it the task's own reason only says "failed". */
  const words = ({ wire }: RecordedTask): string => {
    const text = JSON.stringify(wire.body);
    const told =
      /"reason":"((?:[^"\\]|\\.)*)/.exec(text) ?? /"stoppedReason":"((?:[^"\\]|\\.)*)/.exec(text);
    return told?.[1]?.split('\\')[0] ?? '';
  };
  const told = (isSo: (one: RecordedTask) => boolean) =>
    tasks.filter(isSo).map((one): [string, RecordedTask] => [one.id, one]);
  const leaves = { all: 'ECS describes the task by the record of another one' };
  const story = () => ({ bootMs: 0, runsForMs: 3_600_000, watchesCancellation: false });

  it.each(told(({ expected }) => expected.code !== undefined && expected.start === undefined))(
    'puts its code and reason into the run’s state and log: %s',
    async (_, record) => {
      await using world = await World.start({ leaves, story });
      tellsOfItsTask(world, record);
      await world.startWorker();
      const [run = ''] = world.schedule();
      await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '5m');
      await world.elapse('10s');

      const { message } = world.prefect.stateOf(run);
      const logged = world.log.filter((line) => line.includes(' worker error ')).join('\n');
      for (const text of [message, logged]) {
        expect(text).toContain(`[${record.expected.code}] `);
        expect(text).toContain(words(record).slice(0, 200));
      }
    },
  );

  it.each(told(({ expected }) => expected.start !== undefined))(
    'makes the worker relaunch the run and log the reason: %s',
    async (_, record) => {
      await using world = await World.start({ leaves, story });
      // The local task must fail to start as well: a living task forbids a relaunch.
      const failure = { reason: 'as it was recorded' };
      world.aws.faults.add({ task: { kind: 'start-failure', failure }, times: 1 });
      tellsOfItsTask(world, record);
      await world.startWorker({ environment: { PREFECT_ECS_RELAUNCH_FAILED_STARTS: 'true' } });
      const [run = ''] = world.schedule();
      await world.until('it is launched again', () => world.tasksOf(run).length === 2, '5m');

      const announced = world.prefect
        .history(run)
        .find(({ name }) => name === 'AwaitingCapacity 2');
      expect(announced?.message).toContain(words(record));
      expect(linesWith(world, 'aunch 2 follows').join('\n')).toContain(words(record));
    },
  );

  it.each(told(({ expected }) => expected.notice === true))(
    'is announced by a Spot notice while the task still runs: %s',
    async (_, record) => {
      await using world = await World.start({ leaves, story });
      tellsOfItsTask(world, record);
      await world.startWorker();
      const [run = ''] = world.schedule();
      await world.elapse('1m');

      const lines = linesWith(world, '[ecs.spot.interrupted]');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(run);
    },
  );
});
