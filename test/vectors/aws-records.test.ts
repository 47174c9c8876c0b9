import { describe, expect, it } from 'vitest';
import { createAws } from '../../src/aws/create-aws.ts';
import { queueOpener } from '../../src/aws/queue.ts';
import {
  AwsCallError,
  classifyAwsError,
  type AwsErrorKind,
} from '../../src/core/diagnosis/aws-error.ts';
import { placementOf } from '../../src/core/diagnosis/capacity.ts';
import { denialOf } from '../../src/core/diagnosis/denial.ts';
import { diagnose } from '../../src/core/diagnosis/diagnosis.ts';
import { taskNotPlacedError } from '../../src/core/diagnosis/launch-error.ts';
import { startFailureOf } from '../../src/core/diagnosis/start-failure.ts';
import { hasSpotNotice } from '../../src/core/events/spot-notice.ts';
import { stoppedTaskVerdict } from '../../src/core/events/stopped-task.ts';
import { parseQueueMessage } from '../../src/core/events/task-event-message.ts';
import { parseAwsCredentials } from '../../src/core/job/credentials.ts';
import { verdictFor } from '../../src/core/task/verdict.ts';
import { toError } from '../../src/kernel/errors.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { inProcessRequestHandler } from '../../src/local/in-process.ts';
import { Answer } from '../../src/local/message.ts';
import {
  awsRecords,
  bodyOf,
  events,
  refusals,
  tasks,
  type RecordedRefusal,
} from '../recorded/aws-records.ts';

const never = new AbortController().signal;

/** Connects to an AWS that gives every call the recorded answer. */
function awsThatAnswers({ wire }: Pick<RecordedRefusal, 'wire'>) {
  const recorded = new Answer(wire.status, bodyOf(wire), wire.headers);
  return {
    settings: {
      region: 'us-east-1',
      endpointUrl: 'http://aws.local',
      endpointUrls: {},
      caBundle: undefined,
      usesProxy: false,
    },
    clock: new ManualClock(),
    random: seededRandom(1),
    log: silentLogger,
    // the SDK's types name its own classes, which this handler implements
    network: inProcessRequestHandler(() => Promise.resolve(recorded)) as never,
    credentialSource: () => Promise.resolve({ accessKeyId: 'x', secretAccessKey: 'x' }),
  };
}

async function sessionWith(record: Pick<RecordedRefusal, 'wire'>) {
  const credentials = parseAwsCredentials({
    aws_access_key_id: 'x',
    aws_secret_access_key: 'x',
    aws_client_parameters: { config: { retries: { total_max_attempts: 1 } } },
  });
  return createAws(awsThatAnswers(record)).sessionFor(credentials, never);
}

const log = { group: 'g', stream: 's', from: 'head', token: undefined } as const;

async function errorOf(record: RecordedRefusal): Promise<Error> {
  const session = await sessionWith(record);
  const [service] = record.operation.split(':');
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    ec2: () => session.findVpc(undefined, never),
    logs: () => session.readLog(log, never),
  };
  const call = ways[service ?? ''] ?? (() => session.runTask({ taskDefinition: 'x' }, never));
  return call().then((answer) => new Error(`it was answered: ${JSON.stringify(answer)}`), toError);
}

/** An inactive definition is as hopeless, but for our own one, which is registered again. */
const hopeless: readonly AwsErrorKind[] = ['hopeless', 'inactive-definition'];

describe('A recorded refusal of AWS', () => {
  const errors = refusals.filter(
    (one) => one.kind === 'error' && one.expected.class !== 'not-found',
  );

  it.each(errors.map((one) => [one.id, one] as const))('is classified: %s', async (_, record) => {
    const { expected, operation } = record;
    const error = await errorOf(record);

    if (!(error instanceof AwsCallError)) throw error;
    const kind = classifyAwsError(error);
    if (expected.class === 'hopeless') expect(hopeless).toContain(kind);
    else expect(kind).toBe(expected.class);
    const called = ['ec2', 'logs'].includes(operation.split(':')[0] ?? '')
      ? operation.split(':')[1]
      : 'RunTask';
    expect(error.message).toMatch(
      `An error occurred (${error.name}) when calling the ${called} operation: `,
    );
    if (record.id !== 'run-cluster-none') expect(error.message).toContain(expected.keep ?? '');
  });

  it('of a missing log group or queue is recognized in any form', async () => {
    const named = (id: string) => refusals.filter((one) => one.id === id);
    for (const record of named('logs-no-group')) {
      const session = await sessionWith(record);
      expect(await session.readLog(log, never)).toBeUndefined();
    }
    for (const record of named('sqs-none-xml')) {
      const open = queueOpener('queue', 'us-east-1', awsThatAnswers(record));
      expect(await open(never)).toMatchObject({ kind: 'missing' });
    }
  });

  it('of a signature for its date is transient, since our clock is wrong', async () => {
    const skewed = refusals.filter(({ id }) => id === 'run-sig-expired' || id === 'sqs-skew');

    expect(skewed).toHaveLength(2);
    for (const record of skewed)
      expect(denialOf(await errorOf(record))).toMatchObject({ kind: 'credentials', mayPass: true });
  });
});

describe('A recorded RunTask answer without a task', () => {
  const failures = refusals.filter(({ kind }) => kind === 'failures');

  it.each(failures.map((one) => [one.id, one] as const))('is classified: %s', async (_, record) => {
    const { expected } = record;
    const session = await sessionWith(record);
    const answer = await session.runTask({ taskDefinition: 'x' }, never);

    expect(placementOf(answer.failures)).toBe(expected.class);
    expect(taskNotPlacedError(answer.failures).message).toContain(expected.keep ?? '');
  });
});

describe('A recorded task', () => {
  it.each(tasks.map((one) => [one.id, one] as const))('is diagnosed: %s', async (_, record) => {
    const { expected, id } = record;
    const session = await sessionWith(record);
    const answer = await session.describeTasks('dev', ['task'], never);
    const [task] = answer.tasks;
    if (task === undefined) throw new Error(`no task in ${id}`);
    const context = { containerName: 'prefect', fate: { kind: 'stopped' } } as const;
    const verdict = verdictFor(task, 'prefect', false);

    expect(hasSpotNotice(task)).toBe(expected.notice ?? false);
    expect(startFailureOf(task, 'prefect', false)?.kind).toBe(expected.start);
    const { code } = diagnose(task, context);
    if (expected.code !== undefined) expect(code).toBe(expected.code);
    if (expected.code_not !== undefined)
      expect(`${code}:while the task ran`).not.toBe(expected.code_not);
    if (expected.end === 'crashed') expect(verdict.kind).toBe('exited');
    if (expected.end === 'never-started') expect(verdict.kind).toBe('never-started');
    if (expected.parsed !== undefined) expect(task.containers).toHaveLength(expected.parsed);
    // Exit code 0 must not hide why the task was stopped.
    const exitedWell = diagnose(task, { ...context, fate: { kind: 'zombie' } });
    if (id === 'elb-health') expect(exitedWell.code).toBe(expected.code);
  });
});

describe('A recorded queue message', () => {
  it.each(events.map((one) => [one.id, one] as const))(
    'is parsed and judged: %s',
    (_, { expected, body }) => {
      const message = parseQueueMessage(JSON.stringify(body));

      expect(message.kind).toBe(expected.kind);
      if (message.kind !== 'task') return;
      const { task, identity, detail } = message.event;
      expect(hasSpotNotice(task)).toBe(expected.notice ?? false);
      if (expected.identity !== undefined) expect(identity.kind).toBe(expected.identity);
      if (expected.version !== undefined) expect(task?.version).toBe(expected.version);
      if (expected.lastStatus !== undefined) expect(task?.lastStatus).toBe(expected.lastStatus);
      if (expected.containers !== undefined)
        expect(task?.containers).toHaveLength(expected.containers);
      const flowRun = {
        stateType: 'PENDING',
        isOfOlderClaim: false,
        isCancelledElsewhere: false,
      } as const;
      const { crashMessage } = stoppedTaskVerdict(detail, flowRun);
      if (expected.crash === null) expect(crashMessage).toBeUndefined();
      else if (expected.crash !== undefined) expect(crashMessage).toContain(expected.crash);
    },
  );
});

it('The file of records has all 85', () => {
  expect(awsRecords).toHaveLength(85);
});
