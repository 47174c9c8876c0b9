import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { inProcessRequestHandler } from '../../src/local/in-process.ts';
import { LocalAws, ScriptExecutor } from '../../src/local/index.ts';

/** The client recomputes every digest and refuses a wrong one, so it checks ours. */
describe("AWS's own SQS client on the local SQS", () => {
  const clock = new ManualClock();
  let aws: LocalAws;
  let sqs: SQSClient;
  beforeEach(() => {
    const executor = new ScriptExecutor({ clock, story: () => ({}) });
    aws = new LocalAws({ clock, random: seededRandom(1), executor });
    sqs = new SQSClient({
      region: 'us-east-1',
      endpoint: 'http://aws.local',
      credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' },
      maxAttempts: 1,
      // The SDK's types name its own classes, which this handler implements.
      requestHandler: inProcessRequestHandler((request) => aws.handle(request)) as never,
    });
  });
  afterEach(() => aws[Symbol.asyncDispose]());

  it('sends, receives and deletes in batches', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'events' }));
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: ['one', 'two', 'drei: ü'].map((MessageBody, at) => ({
          Id: String(at),
          MessageBody,
        })),
      }),
    );

    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    const { Successful = [] } = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle })),
      }),
    );
    const left = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));

    expect(Messages.map(({ Body }) => Body).toSorted()).toEqual(['drei: ü', 'one', 'two']);
    expect(Successful).toHaveLength(3);
    expect(left.Messages).toBeUndefined();
  });

  it('receives a message that arrives during a long poll', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'events' }));
    const polling = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await clock.elapse(5_000);
    await sqs.send(
      new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '1', MessageBody: 'late' }] }),
    );
    await clock.elapse(1_000);

    expect((await polling).Messages?.map(({ Body }) => Body)).toEqual(['late']);
  });

  it('gets a missing queue as its error class', async () => {
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'gone' }))).rejects.toThrow(
      QueueDoesNotExist,
    );
  });
});
