import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import type { Random } from '../../../kernel/random.ts';
import type { Agenda } from '../agenda.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { LogFaults } from '../faults/log-faults.ts';
import { checkBatch, mostEventsAtOnce, type NewLogEvent } from './log-quotas.ts';

export interface LogEvent {
  /** The position in its group. FilterLogEvents pages follow it. */
  readonly sequence: number;
  readonly stream: string;
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  /** In order of arrival, which may differ from the order of their times. */
  readonly events: LogEvent[];
}

export interface LogGroup {
  readonly name: string;
  readonly streams: Map<string, LogStream>;
  readonly events: LogEvent[];
}

export const CreateLogGroupInput = z.looseObject({ logGroupName: z.string() });
export const CreateLogStreamInput = z.looseObject({
  logGroupName: z.string(),
  logStreamName: z.string(),
});
export const PutLogEventsInput = z.looseObject({
  logGroupName: z.string(),
  logStreamName: z.string(),
  logEvents: z
    .array(z.looseObject({ timestamp: z.number().int(), message: z.string() }))
    .min(1)
    .max(mostEventsAtOnce),
});
export const DescribeLogGroupsInput = z.looseObject({
  logGroupNamePrefix: z.string().optional(),
  limit: z.number().int().min(1).max(50).optional(),
  nextToken: z.string().optional(),
});
export const DescribeLogStreamsInput = z.looseObject({
  logGroupName: z.string(),
  logStreamNamePrefix: z.string().optional(),
  limit: z.number().int().min(1).max(50).optional(),
  nextToken: z.string().optional(),
});

export interface LogDeps {
  readonly clock: Clock;
  readonly faultRandom: Random;
  readonly agenda: Agenda;
  readonly logFaults: LogFaults;
}

/** CloudWatch Logs of an account and region (aws-ecs.md B.7). */
export class LogGroups {
  readonly #prefix: string;
  readonly #deps: LogDeps;
  readonly #groups = new Map<string, LogGroup>();

  constructor(account: string, region: string, deps: LogDeps) {
    this.#prefix = `arn:aws:logs:${region}:${account}:log-group:`;
    this.#deps = deps;
  }

  has(group: string): boolean {
    return this.#groups.has(group);
  }

  createGroup(name: string): void {
    if (this.#groups.has(name)) {
      throw new AwsError(
        'ResourceAlreadyExistsException',
        'The specified log group already exists',
      );
    }
    this.#groups.set(name, { name, streams: new Map(), events: [] });
  }

  deleteGroup(name: string): void {
    this.group(name);
    this.#groups.delete(name);
  }

  createStream(group: string, name: string): void {
    const { streams } = this.group(group);
    if (streams.has(name)) {
      throw new AwsError(
        'ResourceAlreadyExistsException',
        'The specified log stream already exists',
      );
    }
    streams.set(name, { name, createdAt: this.#nowMs, events: [] });
  }

  /**
   * Appends a line as the awslogs driver does: the first line creates the stream. Faults lose or
   * delay lines.
   */
  append(group: string, stream: string, message: string): void {
    const { logFaults, faultRandom, agenda } = this.#deps;
    const event = { timestamp: this.#nowMs, message };
    const delayMs = logFaults.delayOf(group, faultRandom);
    if (delayMs === undefined) return;
    if (delayMs === 0) this.#appendNow(group, stream, event);
    else agenda.after(delayMs, () => this.#appendNow(group, stream, event));
  }

  put(group: string, name: string, events: readonly NewLogEvent[]): void {
    const stream = this.stream(group, name);
    checkBatch(events);
    this.#add(this.group(group), stream, events);
  }

  group(name: string): LogGroup {
    const group = this.#groups.get(name);
    if (group === undefined)
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }

  stream(group: string, name: string): LogStream {
    const stream = this.group(group).streams.get(name);
    if (stream === undefined)
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return stream;
  }

  describeGroups(input: z.infer<typeof DescribeLogGroupsInput>): Record<string, unknown> {
    const names = [...this.#groups.keys()]
      .filter((name) => name.startsWith(input.logGroupNamePrefix ?? ''))
      .sort();
    const { page, nextToken } = pageOf(names, input);
    const logGroups = page.map((name) => ({
      logGroupName: name,
      arn: `${this.#prefix}${name}:*`,
      storedBytes: 0,
    }));
    return { logGroups, ...nextToken };
  }

  describeStreams(input: z.infer<typeof DescribeLogStreamsInput>): Record<string, unknown> {
    const streams = [...this.group(input.logGroupName).streams.values()]
      .filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    const { page, nextToken } = pageOf(streams, input);
    return {
      logStreams: page.map((stream) => this.#streamAnswer(input.logGroupName, stream)),
      ...nextToken,
    };
  }

  get #nowMs(): number {
    return this.#deps.clock.now().getTime();
  }

  /** The group may have been deleted when a late line arrives. */
  #appendNow(groupName: string, name: string, event: NewLogEvent): void {
    const group = this.#groups.get(groupName);
    if (group === undefined) return;
    if (!group.streams.has(name)) this.createStream(groupName, name);
    this.#add(group, this.stream(groupName, name), [event]);
  }

  #add(group: LogGroup, stream: LogStream, events: readonly NewLogEvent[]): void {
    const ingestionTime = this.#nowMs;
    for (const { timestamp, message } of events) {
      const sequence = group.events.length;
      const event = { sequence, stream: stream.name, timestamp, message, ingestionTime };
      group.events.push(event);
      stream.events.push(event);
    }
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
}

function pageOf<T>(
  items: readonly T[],
  input: { readonly limit?: number | undefined; readonly nextToken?: string | undefined },
): { readonly page: readonly T[]; readonly nextToken: { readonly nextToken?: string } } {
  const from = Number(input.nextToken ?? 0);
  if (!Number.isInteger(from))
    throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  const to = from + (input.limit ?? 50);
  return {
    page: items.slice(from, to),
    nextToken: to < items.length ? { nextToken: String(to) } : {},
  };
}
