import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { parseAwsCredentials } from '../core/job/credentials.ts';
import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import type { AwsOptions } from './aws-settings.ts';
import type { Calls } from './calls.ts';
import { clientParts } from './client-parts.ts';
import { told } from './told.ts';

/** A received message is hidden from other workers for this long (worker.md 10.3, 10.4). */
const hiddenForSeconds = 300;
const longPollSeconds = 20;

/** How older and newer SDK versions report a missing queue. */
const missingCodes: readonly string[] = [
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
];

/**
 * Opens a queue with the worker's own credentials. Without `regionName`, in their default region.
 */
export function queueOpener(name: string, regionName: string | undefined, options: AwsOptions) {
  const credentials = { ...parseAwsCredentials({}), regionName };
  const openClient = async () => {
    const { callsFor, clientFor } = await clientParts(credentials, options);
    const calls = callsFor(() => Promise.reject(new TypeError('SQS has no call rate limit')));
    // The queue's URL contains a host, too. A configured endpoint wins, as for every other service.
    return { calls, sqs: new SQSClient({ ...clientFor('SQS'), useQueueUrlAsEndpoint: false }) };
  };
  // Kept over reconnects, with its sockets, its credentials and its knowledge of AWS's clock.
  let kept: ReturnType<typeof openClient> | undefined;
  return async (signal: AbortSignal) => {
    kept ??= openClient();
    kept.catch(() => (kept = undefined));
    const { calls, sqs } = await kept;
    const region = await sqs.config.region();
    const url = await unlessMissing(
      calls.unmetered('GetQueueUrl', signal, async (abortSignal) => {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }), {
          abortSignal,
        });
        return told(QueueUrl, 'GetQueueUrl', 'QueueUrl');
      }),
    );
    if (url === 'missing') return { kind: 'missing' as const, region };
    return { kind: 'open' as const, queue: eventQueue(sqs, url, calls), region };
  };
}

/** SQS has no call rate limit. Only the reader's own pauses bound the calls. */
function eventQueue(sqs: SQSClient, url: string, calls: Calls) {
  return {
    receive: (most: number, signal: AbortSignal) =>
      unlessMissing(
        calls.unmetered('ReceiveMessage', signal, async (abortSignal) => {
          const input = {
            QueueUrl: url,
            MaxNumberOfMessages: most,
            WaitTimeSeconds: longPollSeconds,
            VisibilityTimeout: hiddenForSeconds,
            MessageSystemAttributeNames: ['SentTimestamp' as const],
          };
          const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(input), {
            abortSignal,
          });
          return Messages.map(({ ReceiptHandle, Body, Attributes }) => ({
            receiptHandle: ReceiptHandle,
            body: Body,
            sentAtMs:
              Attributes?.SentTimestamp === undefined
                ? undefined
                : Number(Attributes.SentTimestamp),
          }));
        }),
      ),

    delete: (receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly string[]> =>
      calls.unmetered('DeleteMessageBatch', signal, async (abortSignal) => {
        const Entries = receiptHandles.map((ReceiptHandle, at) => ({
          Id: String(at),
          ReceiptHandle,
        }));
        const { Failed = [] } = await sqs.send(
          new DeleteMessageBatchCommand({ QueueUrl: url, Entries }),
          {
            abortSignal,
          },
        );
        // A receipt handle that SQS refuses will never delete anything. Its message is redelivered.
        return handlesOf(
          receiptHandles,
          Failed.filter(({ SenderFault }) => SenderFault !== true),
        );
      }),

    extend: (receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly string[]> =>
      calls.unmetered('ChangeMessageVisibilityBatch', signal, async (abortSignal) => {
        const Entries = receiptHandles.map((ReceiptHandle, at) => ({
          Id: String(at),
          ReceiptHandle,
          VisibilityTimeout: hiddenForSeconds,
        }));
        const { Failed = [] } = await sqs.send(
          new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }),
          { abortSignal },
        );
        return handlesOf(receiptHandles, Failed);
      }),
  };
}

function handlesOf(
  receiptHandles: readonly string[],
  failed: readonly { readonly Id?: string | undefined }[],
): readonly string[] {
  return failed.flatMap(({ Id }) => receiptHandles[Number(Id)] ?? []);
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | 'missing'> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AwsCallError && missingCodes.includes(error.name)) return 'missing';
    throw error;
  }
}
