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

/** Maximum lines of a FilterLogEvents page. */
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
      // There are more pages. With so many new lines, reading the streams is cheaper than asking
      // which have news.
      if (answer.nextToken !== undefined) return undefined;
      return new Set((answer.events ?? []).flatMap(({ logStreamName }) => logStreamName ?? []));
    },
  };
}

/** Skips what is not a line. A line without a readable time counts as the oldest. */
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
