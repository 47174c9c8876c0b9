import { z } from 'zod';
import type { Account } from '../account.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Operations } from '../operation.ts';
import { parseInput } from '../wire/parse.ts';
import { eachEntry } from './batch.ts';
import { md5, md5OfAttributes, messageAnswer } from './message.ts';
import type { Queue } from './queue.ts';
import { readQueueAttributes } from './queue-attributes.ts';

const Strings = z.record(z.string(), z.string());
const QueueUrl = z.string();
const VisibilityTimeout = z.number().int().min(0).max(43_200);
const AttributeNames = z.array(z.string()).optional();
const OwnAttributes = z
  .record(
    z.string(),
    z.looseObject({
      DataType: z.string(),
      StringValue: z.string().optional(),
      BinaryValue: z.string().optional(),
    }),
  )
  .optional();
const Outgoing = {
  MessageBody: z.string(),
  DelaySeconds: z.number().int().min(0).max(900).optional(),
  MessageAttributes: OwnAttributes,
};
const OutgoingMessage = z.looseObject(Outgoing);
const Receipt = { ReceiptHandle: z.string() };

const CreateQueue = z.looseObject({ QueueName: z.string(), Attributes: Strings.optional() });
const GetQueueUrl = z.looseObject({ QueueName: z.string() });
const OnQueue = z.looseObject({ QueueUrl });
const ListQueues = z.looseObject({ QueueNamePrefix: z.string().optional() });
const GetAttributes = z.looseObject({ QueueUrl, AttributeNames });
const SetAttributes = z.looseObject({ QueueUrl, Attributes: Strings });
const SendMessage = z.looseObject({ QueueUrl, ...Outgoing });
const SendBatch = z.looseObject({
  QueueUrl,
  Entries: z.array(z.looseObject({ Id: z.string(), ...Outgoing })),
});
const ReceiveMessage = z.looseObject({
  QueueUrl,
  AttributeNames,
  MessageSystemAttributeNames: AttributeNames,
  MessageAttributeNames: AttributeNames,
  MaxNumberOfMessages: z.number().int().min(1).max(10).optional(),
  WaitTimeSeconds: z.number().int().min(0).max(20).optional(),
  VisibilityTimeout: VisibilityTimeout.optional(),
});
const DeleteMessage = z.looseObject({ QueueUrl, ...Receipt });
const DeleteBatch = z.looseObject({
  QueueUrl,
  Entries: z.array(z.looseObject({ Id: z.string(), ...Receipt })),
});
const ChangeVisibility = z.looseObject({ QueueUrl, ...Receipt, VisibilityTimeout });
const ChangeVisibilityBatch = z.looseObject({
  QueueUrl,
  Entries: z.array(z.looseObject({ Id: z.string(), ...Receipt, VisibilityTimeout })),
});

const invalidValue = 'com.amazonaws.sqs#InvalidParameterValue';
const longestBody = 1_048_576;

function read<T>(schema: z.ZodType<T>, input: unknown): T {
  return parseInput(schema, input, invalidValue);
}

function send(
  queue: Queue,
  { MessageBody, DelaySeconds, MessageAttributes = {} }: z.infer<typeof OutgoingMessage>,
): Record<string, unknown> {
  if (MessageBody === '')
    throw new AwsError(
      'com.amazonaws.sqs#MissingParameter',
      'The request must contain the parameter MessageBody.',
    );
  if (Buffer.byteLength(MessageBody) > longestBody) {
    throw new AwsError(
      invalidValue,
      `One or more parameters are invalid. Reason: Message must be shorter than ${longestBody} ` +
        'bytes.',
    );
  }
  const delayMs = DelaySeconds === undefined ? undefined : DelaySeconds * 1000;
  const message = queue.send(MessageBody, MessageAttributes, delayMs);
  const attributesMd5 = md5OfAttributes(MessageAttributes);
  return {
    MessageId: message.id,
    MD5OfMessageBody: md5(MessageBody),
    ...(attributesMd5 !== undefined && { MD5OfMessageAttributes: attributesMd5 }),
  };
}

function attributesOf(queue: Queue): Readonly<Record<string, string>> {
  const { visible, hidden, delayed } = queue.counts();
  const createdAt = String(Math.floor(queue.createdAtMs / 1000));
  return {
    ...queue.attributes.given,
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(hidden),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: createdAt,
    LastModifiedTimestamp: createdAt,
  };
}

const urlOf = (queue: Queue, account: Account, origin: string): string =>
  `${origin}/${account.id}/${queue.name}`;

/** SQS with standard queues. */
export const sqsOperations: Operations = {
  'sqs:CreateQueue': (input, account, { call }) => {
    const { QueueName, Attributes = {} } = read(CreateQueue, input);
    return { QueueUrl: urlOf(account.queues.create(QueueName, Attributes), account, call.origin) };
  },
  'sqs:GetQueueUrl': (input, account, { call }) => {
    const { QueueName } = read(GetQueueUrl, input);
    return { QueueUrl: urlOf(account.queues.require(QueueName), account, call.origin) };
  },
  'sqs:ListQueues': (input, account, { call }) => {
    const { QueueNamePrefix = '' } = read(ListQueues, input);
    const found = account.queues.all.filter(({ name }) => name.startsWith(QueueNamePrefix));
    return found.length === 0
      ? {}
      : { QueueUrls: found.map((queue) => urlOf(queue, account, call.origin)) };
  },
  'sqs:DeleteQueue': (input, account) => {
    account.queues.delete(account.queues.atUrl(read(OnQueue, input).QueueUrl));
    return {};
  },
  'sqs:PurgeQueue': (input, account) => {
    account.queues.atUrl(read(OnQueue, input).QueueUrl).purge();
    return {};
  },
  'sqs:GetQueueAttributes': (input, account) => {
    const parsed = read(GetAttributes, input);
    const asked = parsed.AttributeNames ?? [];
    const all = Object.entries(attributesOf(account.queues.atUrl(parsed.QueueUrl)));
    const found = all.filter(([name]) => asked.includes('All') || asked.includes(name));
    return found.length === 0 ? {} : { Attributes: Object.fromEntries(found) };
  },
  'sqs:SetQueueAttributes': (input, account) => {
    const parsed = read(SetAttributes, input);
    const queue = account.queues.atUrl(parsed.QueueUrl);
    queue.attributes = readQueueAttributes({ ...queue.attributes.given, ...parsed.Attributes });
    return {};
  },
  'sqs:SendMessage': (input, account) => {
    const parsed = read(SendMessage, input);
    return send(account.queues.atUrl(parsed.QueueUrl), parsed);
  },
  'sqs:SendMessageBatch': (input, account) => {
    const parsed = read(SendBatch, input);
    const queue = account.queues.atUrl(parsed.QueueUrl);
    return eachEntry(parsed.Entries, (entry) => send(queue, entry));
  },
  'sqs:ReceiveMessage': async (input, account, { signal }) => {
    const parsed = read(ReceiveMessage, input);
    const queue = account.queues.atUrl(parsed.QueueUrl);
    const { WaitTimeSeconds, VisibilityTimeout: seconds } = parsed;
    const messages = await queue.receive(
      {
        most: parsed.MaxNumberOfMessages ?? 1,
        waitMs: WaitTimeSeconds === undefined ? queue.attributes.waitMs : WaitTimeSeconds * 1000,
        visibilityMs: seconds === undefined ? undefined : seconds * 1000,
      },
      signal,
    );
    if (messages.length === 0) return {}; // AWS omits an empty list (aws-ecs.md A.5)
    const asked = [...(parsed.AttributeNames ?? []), ...(parsed.MessageSystemAttributeNames ?? [])];
    const own = parsed.MessageAttributeNames ?? [];
    return { Messages: messages.map((message) => messageAnswer(message, asked, own)) };
  },
  'sqs:DeleteMessage': (input, account) => {
    const parsed = read(DeleteMessage, input);
    account.queues.atUrl(parsed.QueueUrl).delete(parsed.ReceiptHandle);
    return {};
  },
  'sqs:DeleteMessageBatch': (input, account) => {
    const parsed = read(DeleteBatch, input);
    const queue = account.queues.atUrl(parsed.QueueUrl);
    return eachEntry(parsed.Entries, ({ ReceiptHandle }) => {
      queue.delete(ReceiptHandle);
      return {};
    });
  },
  'sqs:ChangeMessageVisibility': (input, account) => {
    const parsed = read(ChangeVisibility, input);
    const queue = account.queues.atUrl(parsed.QueueUrl);
    queue.changeVisibility(parsed.ReceiptHandle, parsed.VisibilityTimeout * 1000);
    return {};
  },
  'sqs:ChangeMessageVisibilityBatch': (input, account) => {
    const parsed = read(ChangeVisibilityBatch, input);
    const queue = account.queues.atUrl(parsed.QueueUrl);
    return eachEntry(parsed.Entries, (entry) => {
      queue.changeVisibility(entry.ReceiptHandle, entry.VisibilityTimeout * 1000);
      return {};
    });
  },
};
