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

/** A received message is hidden from other workers for so long (worker.md 10.3, 10.4). */
const hiddenForSeconds = 300;
const longPollSeconds = 20;

/** The queue as older and newer versions of the SDK name its absence. */
const missingCodes: readonly string[] = [
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
];

/**
 * Looks for a queue with the worker's own credentials; `regionName` undefined: their default one.
 */
export function queueOpener(name: string, regionName: string | undefined, options: AwsOptions) {
  const credentials = { ...parseAwsCredentials({}), regionName };
  const openClient = async () => {
    const { callsFor, clientFor } = await clientParts(credentials, options);
    const calls = callsFor(() => Promise.reject(new TypeError('SQS has no call rate limit')));
    // The queue's URL names a host, too: what is configured wins, as with every other service.
    return { calls, sqs: new SQSClient({ ...clientFor('SQS'), useQueueUrlAsEndpoint: false }) };
  };
  // Kept over every reconnect: with its sockets, its credentials, and what it knows of AWS's clock.
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

/** SQS has no limit of calls: only the waits of its reader bound them. */
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
        // A receipt that SQS refuses deletes nothing, ever: its message comes back.
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
