import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  type CloudWatchLogsClientConfig,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import type { Calls } from './calls.ts';

interface StreamQuery {
  readonly group: string;
  readonly stream: string;
  readonly from: 'head' | 'tail';
  readonly token: string | undefined;
  readonly since?: Date;
  readonly limit?: number;
}

/** Lines that a page of FilterLogEvents holds at most. */
const mostLines = 10_000;

/**
 * Reads container output from CloudWatch Logs. Loaded with the first read, because most workers
 * never read a log. An empty page is not the end of a stream (aws-ecs.md B.7.2, B.7.3).
 */
export function logReads(configuration: CloudWatchLogsClientConfig, calls: Calls) {
  const client = new CloudWatchLogsClient(configuration);
  return {
    readLog: async (
      { group, stream, from, token, since, limit }: StreamQuery,
      signal: AbortSignal,
    ) => {
      const command = new GetLogEventsCommand({
        logGroupName: group,
        logStreamName: stream,
        startFromHead: from === 'head',
        ...(token !== undefined && { nextToken: token }),
        ...(since !== undefined && { startTime: since.getTime() }),
        ...(limit !== undefined && { limit }),
      });
      try {
        const answer = await calls.repeated(
          'GetLogEvents',
          'get-log-events',
          signal,
          (abortSignal) => client.send(command, { abortSignal }),
          'logs',
        );
        const lines = (Array.isArray(answer.events) ? answer.events : []).flatMap(lineOf);
        return {
          lines,
          forwardToken: answer.nextForwardToken,
          backwardToken: answer.nextBackwardToken,
        };
      } catch (error) {
        if (error instanceof AwsCallError && error.name === 'ResourceNotFoundException')
          return undefined;
        throw error;
      }
    },

    streamsWithLines: async (
      {
        group,
        streams,
        since,
      }: { readonly group: string; readonly streams: readonly string[]; readonly since: Date },
      signal: AbortSignal,
    ): Promise<ReadonlySet<string> | undefined> => {
      const command = new FilterLogEventsCommand({
        logGroupName: group,
        logStreamNames: [...streams],
        startTime: since.getTime(),
        limit: mostLines,
      });
      const answer = await calls.repeated(
        'FilterLogEvents',
        'filter-log-events',
        signal,
        (abortSignal) => client.send(command, { abortSignal }),
        'logs',
      );
      // More pages: so much is new that to read it is cheaper than to ask where it is.
      if (answer.nextToken !== undefined) return undefined;
      return new Set((answer.events ?? []).flatMap(({ logStreamName }) => logStreamName ?? []));
    },
  };
}

/** What is no line is left out; a time that cannot be read is the oldest. */
function lineOf(event: OutputLogEvent | null): readonly { timestamp: Date; message: string }[] {
  if (typeof event?.message !== 'string') return [];
  const timestamp = new Date(Number(event.timestamp));
  return [
    {
      timestamp: Number.isNaN(timestamp.getTime()) ? new Date(0) : timestamp,
      message: event.message,
    },
  ];
}
