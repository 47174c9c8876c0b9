import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import type { LogEvent, LogGroup, LogStream } from './log-groups.ts';
import { fittingPage, mostEventsAtOnce } from './log-quotas.ts';

export const GetLogEventsInput = z.looseObject({
  logGroupName: z.string(),
  logStreamName: z.string(),
  startTime: z.number().int().optional(),
  endTime: z.number().int().optional(),
  nextToken: z.string().optional(),
  limit: z.number().int().min(1).max(mostEventsAtOnce).optional(),
  startFromHead: z.boolean().optional(),
});
export type GetLogEventsInput = z.infer<typeof GetLogEventsInput>;

export const FilterLogEventsInput = z.looseObject({
  logGroupName: z.string(),
  logStreamNames: z.array(z.string()).min(1).max(100).optional(),
  logStreamNamePrefix: z.string().optional(),
  startTime: z.number().int().optional(),
  endTime: z.number().int().optional(),
  filterPattern: z.string().optional(),
  nextToken: z.string().optional(),
  limit: z.number().int().min(1).max(mostEventsAtOnce).optional(),
});
export type FilterLogEventsInput = z.infer<typeof FilterLogEventsInput>;

const invalidToken = (): AwsError =>
  new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');

/**
 * One page of a stream. A token names a position: `f/12/s`. The end is a page that returns the
 * token it was asked with. An empty page that is not the end (`isEmpty`) has another token for the
 * same position: `f/12/e`.
 */
export function readStream(
  stream: LogStream,
  input: GetLogEventsInput,
  isEmpty: boolean,
): Record<string, unknown> {
  const token = /^([fb])\/(\d+)\/([se])$/.exec(input.nextToken ?? '');
  if (input.nextToken !== undefined && token === null) throw invalidToken();
  const [, direction = input.startFromHead === true ? 'f' : 'b', at] = token ?? [];
  const count = stream.events.length;
  const start = Math.min(count, at === undefined ? (direction === 'f' ? 0 : count) : Number(at));
  if (isEmpty) {
    const letter = token?.[3] === 'e' ? 's' : 'e';
    return {
      events: [],
      nextForwardToken: `f/${start}/${letter}`,
      nextBackwardToken: `b/${start}/${letter}`,
    };
  }
  const [from, to] = rangeOf(stream, direction, start, input.limit ?? mostEventsAtOnce);
  return {
    events: stream.events
      .slice(from, to)
      .filter((event) => isWithin(event, input))
      .map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: tokenOf('f', to, direction === 'f' ? input.nextToken : undefined),
    nextBackwardToken: tokenOf('b', from, direction === 'b' ? input.nextToken : undefined),
  };
}

function rangeOf(
  { events }: LogStream,
  direction: string,
  start: number,
  limit: number,
): readonly [number, number] {
  if (direction === 'f')
    return [start, start + fittingPage(events.slice(start, start + limit), limit)];
  return [
    start - fittingPage(events.slice(Math.max(0, start - limit), start).toReversed(), limit),
    start,
  ];
}

/** The token that was sent, if it names the same position. That marks the end. */
function tokenOf(direction: 'f' | 'b', at: number, sent: string | undefined): string {
  const isSame = sent?.startsWith(`${direction}/${at}/`) === true;
  return isSame ? sent : `${direction}/${at}/s`;
}

/** One page of a group's events in order of arrival. Without a token it is the last. */
export function filterGroup(
  group: LogGroup,
  input: FilterLogEventsInput,
  isEmpty: boolean,
): Record<string, unknown> {
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      'LogStreamNamePrefix and LogStreamNames are mutually exclusive.',
    );
  }
  for (const name of input.logStreamNames ?? []) {
    if (!group.streams.has(name))
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  }
  const from = input.nextToken === undefined ? 0 : Number(input.nextToken);
  if (!Number.isInteger(from)) throw invalidToken();
  if (isEmpty) return { events: [], searchedLogStreams: [], nextToken: String(from) };
  const found = group.events.slice(from).filter((event) => isAskedFor(event, input));
  const count = fittingPage(found, input.limit ?? mostEventsAtOnce);
  const next = found[count];
  return {
    events: found.slice(0, count).map((event) => ({
      logStreamName: event.stream,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestionTime,
      eventId: String(event.sequence).padStart(56, '0'),
    })),
    searchedLogStreams: [],
    ...(next !== undefined && { nextToken: String(next.sequence) }),
  };
}

function isWithin(
  { timestamp }: LogEvent,
  { startTime, endTime }: GetLogEventsInput | FilterLogEventsInput,
): boolean {
  return timestamp >= (startTime ?? -Infinity) && timestamp < (endTime ?? Infinity);
}

function isAskedFor(event: LogEvent, input: FilterLogEventsInput): boolean {
  const { logStreamNames, logStreamNamePrefix = '', filterPattern = '' } = input;
  return (
    isWithin(event, input) &&
    (logStreamNames === undefined || logStreamNames.includes(event.stream)) &&
    event.stream.startsWith(logStreamNamePrefix) &&
    termsOf(filterPattern).every((term) => event.message.includes(term))
  );
}

/** Of the pattern language, plain and quoted terms are supported. All of them must occur. */
function termsOf(pattern: string): readonly string[] {
  if (/^[{[]|(^|\s)[?-]|%/.test(pattern.trim())) {
    throw new AwsError(
      'InvalidParameterException',
      'The local AWS supports filter patterns of plain terms only.',
    );
  }
  return Array.from(
    pattern.matchAll(/"([^"]*)"|(\S+)/g),
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
}
