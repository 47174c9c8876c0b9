import { describe, expect, it } from 'vitest';
import { awsWorld } from '../aws-world.test-support.ts';

async function queueWorld(attributes: Readonly<Record<string, string>> = {}) {
  const world = awsWorld();
  const { QueueUrl } = await world.call('sqs', 'CreateQueue', {
    QueueName: 'q',
    Attributes: attributes,
  });
  const sqs = (operation: string, input: object = {}, signal?: AbortSignal) =>
    world.call('sqs', operation, { QueueUrl, ...input }, signal === undefined ? {} : { signal });
  return { ...world, sqs };
}

describe('A queue', () => {
  it('hides a received message for its visibility timeout, and counts receipts', async () => {
    await using world = await queueWorld({ VisibilityTimeout: '30' });
    await world.sqs('SendMessage', { MessageBody: '{"hello":1}' });

    const first = await world.sqs('ReceiveMessage', { AttributeNames: ['All'] });
    const hidden = await world.sqs('ReceiveMessage');
    await world.clock.elapse(30_000);
    const again = await world.sqs('ReceiveMessage', {
      AttributeNames: ['ApproximateReceiveCount'],
    });

    expect(first.Messages[0].MD5OfBody).toBe('8590c3ebd8fec6dda546aef5de1d99e8');
    expect(first.Messages[0].Attributes.ApproximateReceiveCount).toBe('1');
    expect(hidden).toEqual({ status: 200 });
    expect(again.Messages[0].Attributes).toEqual({ ApproximateReceiveCount: '2' });
  });

  it('deletes a message by its latest receipt, not by an older one', async () => {
    await using world = await queueWorld({ VisibilityTimeout: '1' });
    await world.sqs('SendMessage', { MessageBody: 'x' });
    const first = await world.sqs('ReceiveMessage');
    await world.clock.elapse(1_000);
    const second = await world.sqs('ReceiveMessage');
    const left = async () => {
      const { Attributes } = await world.sqs('GetQueueAttributes', {
        AttributeNames: ['ApproximateNumberOfMessagesNotVisible'],
      });
      return Attributes.ApproximateNumberOfMessagesNotVisible;
    };

    await world.sqs('DeleteMessage', { ReceiptHandle: first.Messages[0].ReceiptHandle });
    expect(await left()).toBe('1');
    await world.sqs('DeleteMessage', { ReceiptHandle: second.Messages[0].ReceiptHandle });
    expect(await left()).toBe('0');
  });

  it('answers a long poll when a message arrives, and with nothing when none does', async () => {
    await using world = await queueWorld();
    const answers: unknown[] = [];
    const poll = () =>
      world
        .sqs('ReceiveMessage', { WaitTimeSeconds: 20 })
        .then((answer) => answers.push(answer.Messages));

    const first = poll();
    await world.clock.elapse(19_999);
    expect(answers).toEqual([]);
    await world.clock.elapse(1);
    await first;
    const second = poll();
    await world.clock.elapse(5_000);
    await world.sqs('SendMessage', { MessageBody: 'late' });
    await world.clock.elapse(0);
    await second;

    expect(answers).toEqual([undefined, [expect.objectContaining({ Body: 'late' })]]);
  });

  it('gives nothing to a client that has disconnected', async () => {
    await using world = await queueWorld();
    const client = new AbortController();
    const poll = world.sqs('ReceiveMessage', { WaitTimeSeconds: 20 }, client.signal);
    await world.clock.elapse(1_000);

    client.abort();
    expect((await poll).Messages).toBeUndefined();
    await world.sqs('SendMessage', { MessageBody: 'mine' });

    expect((await world.sqs('ReceiveMessage')).Messages[0].Body).toBe('mine');
  });

  it('moves a message that was received too often to its dead-letter queue', async () => {
    await using world = await queueWorld();
    await world.call('sqs', 'CreateQueue', { QueueName: 'dead' });
    const policy = {
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:111122223333:dead',
      maxReceiveCount: 3,
    };
    await world.sqs('SetQueueAttributes', {
      Attributes: { RedrivePolicy: JSON.stringify(policy) },
    });
    await world.sqs('SendMessage', { MessageBody: 'poison' });

    for (let receipt = 1; receipt <= 3; receipt += 1) {
      expect((await world.sqs('ReceiveMessage', { VisibilityTimeout: 1 })).Messages).toHaveLength(
        1,
      );
      await world.clock.elapse(1_000);
    }

    expect((await world.sqs('ReceiveMessage')).Messages).toBeUndefined();
    const dead = await world.sqs('ReceiveMessage', { QueueUrl: 'http://x/111122223333/dead' });
    expect(dead.Messages[0].Body).toBe('poison');
  });

  it('accepts batches of ten and handles each entry separately', async () => {
    await using world = await queueWorld();
    const entries = (count: number) =>
      Array.from({ length: count }, (_, at) => ({
        Id: `e${at}`,
        MessageBody: at === 1 ? '' : `m${at}`,
      }));

    const ten = await world.sqs('SendMessageBatch', { Entries: entries(10) });
    const eleven = await world.sqs('SendMessageBatch', { Entries: entries(11) });
    const none = await world.sqs('SendMessageBatch', { Entries: [] });
    const { Messages } = await world.sqs('ReceiveMessage', { MaxNumberOfMessages: 10 });
    const later = await world.sqs('ChangeMessageVisibilityBatch', {
      Entries: [
        { Id: 'a', ReceiptHandle: Messages[0].ReceiptHandle, VisibilityTimeout: 0 },
        { Id: 'b', ReceiptHandle: 'nonsense', VisibilityTimeout: 0 },
      ],
    });

    expect(ten.Successful).toHaveLength(9);
    expect(ten.Failed).toMatchObject([{ Id: 'e1', SenderFault: true }]);
    expect(eleven.__type).toBe('com.amazonaws.sqs#TooManyEntriesInBatchRequest');
    expect(none.__type).toBe('com.amazonaws.sqs#EmptyBatchRequest');
    expect(later.Successful).toEqual([{ Id: 'a' }]);
    expect(later.Failed).toMatchObject([{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }]);
    expect((await world.sqs('ReceiveMessage')).Messages).toHaveLength(1);
  });

  it('that does not exist is reported as missing, also to older clients', async () => {
    await using world = await queueWorld();
    await world.sqs('DeleteQueue');

    expect(await world.call('sqs', 'GetQueueUrl', { QueueName: 'q' })).toMatchObject({
      status: 400,
      __type: 'com.amazonaws.sqs#QueueDoesNotExist',
    });
  });

  it('delays and purges messages', async () => {
    await using world = await queueWorld();
    await world.sqs('SendMessage', { MessageBody: 'x', DelaySeconds: 5 });
    expect((await world.sqs('ReceiveMessage')).Messages).toBeUndefined();
    await world.clock.elapse(5_000);
    expect((await world.sqs('ReceiveMessage', { VisibilityTimeout: 0 })).Messages).toHaveLength(1);

    await world.sqs('PurgeQueue');

    expect((await world.sqs('ReceiveMessage')).Messages).toBeUndefined();
  });
});
