import { AwsError } from '../wire/aws-error.ts';

export interface NewLogEvent {
  readonly timestamp: number;
  readonly message: string;
}

/** Events in one batch that is written, and in one page that is read (aws-ecs.md B.7.2, B.7.4). */
export const mostEventsAtOnce = 10_000;
export const mostBytesAtOnce = 1_048_576;
/** Bytes that each event counts in addition to its message. */
export const bytesPerEvent = 26;
const longestSpanMs = 24 * 3_600_000;

const refused = (message: string): AwsError => new AwsError('InvalidParameterException', message);

export function sizeOf({ message }: NewLogEvent): number {
  return Buffer.byteLength(message) + bytesPerEvent;
}

/** Refuses the batches that PutLogEvents refuses. */
export function checkBatch(events: readonly NewLogEvent[]): void {
  let bytes = 0;
  let before = -Infinity;
  for (const event of events) {
    if (event.timestamp < before)
      throw refused('Log events in a single PutLogEvents request must be in chronological order.');
    before = event.timestamp;
    if (sizeOf(event) > mostBytesAtOnce)
      throw refused('Log event too large: an event can have at most 1 MB.');
    bytes += sizeOf(event);
  }
  if (bytes > mostBytesAtOnce)
    throw refused('Upload too large: a batch can have at most 1048576 bytes.');
  const [first] = events;
  if (first !== undefined && before - first.timestamp > longestSpanMs)
    throw refused(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    );
}

/** How many of the events, from the first on, fit one page. */
export function fittingPage(events: Iterable<NewLogEvent>, limit: number): number {
  let bytes = 0;
  let count = 0;
  for (const event of events) {
    bytes += sizeOf(event);
    if (count === limit || bytes > mostBytesAtOnce) return count;
    count += 1;
  }
  return count;
}
