import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { AwsError } from './aws-error.ts';

interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
}

interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  readonly events: LogEvent[];
}

export const CreateLogGroupInput = z.looseObject({ logGroupName: z.string() });
export const CreateLogStreamInput = z.looseObject({ logGroupName: z.string(), logStreamName: z.string() });
export const PutLogEventsInput = z.looseObject({
  logGroupName: z.string(),
  logStreamName: z.string(),
  logEvents: z
    .array(z.looseObject({ timestamp: z.number().int(), message: z.string() }))
    .min(1)
    .max(10_000),
});
export const GetLogEventsInput = z.looseObject({
  logGroupName: z.string(),
  logStreamName: z.string(),
  startTime: z.number().int().optional(),
  endTime: z.number().int().optional(),
  nextToken: z.string().optional(),
  limit: z.number().int().min(1).max(10_000).optional(),
  startFromHead: z.boolean().optional(),
});
export const DescribeLogStreamsInput = z.looseObject({
  logGroupName: z.string(),
  logStreamNamePrefix: z.string().optional(),
  limit: z.number().int().min(1).max(50).optional(),
  nextToken: z.string().optional(),
});

const mostEventsAPage = 10_000;

/** CloudWatch Logs of an account and region (aws-ecs.md B.7). Tokens name a position in the stream. */
export class LogGroups {
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #groups = new Map<string, Map<string, LogStream>>();

  constructor(account: string, region: string, deps: { readonly clock: Clock }) {
    this.#prefix = `arn:aws:logs:${region}:${account}:log-group:`;
    this.#clock = deps.clock;
  }

  has(group: string): boolean {
    return this.#groups.has(group);
  }

  createGroup(name: string): void {
    if (this.#groups.has(name)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
    }
    this.#groups.set(name, new Map());
  }

  createStream(group: string, name: string): void {
    const streams = this.#streamsOf(group);
    if (streams.has(name)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
    }
    streams.set(name, { name, createdAt: this.#clock.now().getTime(), events: [] });
  }

  /** What the awslogs driver does with a line: the stream appears with its first. */
  append(group: string, stream: string, message: string): void {
    const streams = this.#streamsOf(group);
    if (!streams.has(stream)) this.createStream(group, stream);
    this.put(group, stream, [{ timestamp: this.#clock.now().getTime(), message }]);
  }

  put(
    group: string,
    name: string,
    events: readonly { readonly timestamp: number; readonly message: string }[],
  ): void {
    const stream = this.#streamOf(group, name);
    const ingestionTime = this.#clock.now().getTime();
    let before = -Infinity;
    for (const event of events) {
      if (event.timestamp < before) {
        throw new AwsError(
          'InvalidParameterException',
          'Log events in a single PutLogEvents request must be in chronological order.',
        );
      }
      before = event.timestamp;
      stream.events.push({ timestamp: event.timestamp, message: event.message, ingestionTime });
    }
  }

  read(input: z.infer<typeof GetLogEventsInput>): Record<string, unknown> {
    const { events } = this.#streamOf(input.logGroupName, input.logStreamName);
    const limit = input.limit ?? mostEventsAPage;
    const [from, to] = this.#range(input, events.length, limit);
    const page = events
      .slice(from, to)
      .filter(
        (event) =>
          event.timestamp >= (input.startTime ?? -Infinity) && event.timestamp < (input.endTime ?? Infinity),
      );
    return { events: page, nextForwardToken: `f/${to}/s`, nextBackwardToken: `b/${from}/s` };
  }

  describeStreams(input: z.infer<typeof DescribeLogStreamsInput>): Record<string, unknown> {
    const names = [...this.#streamsOf(input.logGroupName).values()]
      .filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    const from = Number(input.nextToken ?? 0);
    const to = from + (input.limit ?? 50);
    return {
      logStreams: names.slice(from, to).map((stream) => this.#streamAnswer(input.logGroupName, stream)),
      ...(to < names.length && { nextToken: String(to) }),
    };
  }

  #streamAnswer(group: string, stream: LogStream): Record<string, unknown> {
    const first = stream.events[0];
    const last = stream.events.at(-1);
    return {
      logStreamName: stream.name,
      creationTime: stream.createdAt,
      arn: `${this.#prefix}${group}:log-stream:${stream.name}`,
      storedBytes: 0,
      ...(first !== undefined && { firstEventTimestamp: first.timestamp }),
      ...(last !== undefined && {
        lastEventTimestamp: last.timestamp,
        lastIngestionTime: last.ingestionTime,
      }),
    };
  }

  /** Without a token: the head when asked for, else the tail. A token goes on from where it points. */
  #range(input: z.infer<typeof GetLogEventsInput>, count: number, limit: number): readonly [number, number] {
    const token = /^([fb])\/(\d+)\/s$/.exec(input.nextToken ?? '');
    if (input.nextToken !== undefined && token === null) {
      throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
    }
    if (token === null) {
      return input.startFromHead === true ? [0, Math.min(count, limit)] : [Math.max(0, count - limit), count];
    }
    const at = Number(token[2]);
    if (token[1] === 'f') return [Math.min(at, count), Math.min(at + limit, count)];
    return [Math.max(0, at - limit), Math.min(at, count)];
  }

  #streamsOf(group: string): Map<string, LogStream> {
    const streams = this.#groups.get(group);
    if (streams === undefined)
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return streams;
  }

  #streamOf(group: string, name: string): LogStream {
    const stream = this.#streamsOf(group).get(name);
    if (stream === undefined)
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return stream;
  }
}
