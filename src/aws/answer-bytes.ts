import { Readable } from 'node:stream';
import { bytesOf } from '../kernel/bytes.ts';

/**
 * Bytes. A hundred tasks with all that they may carry have two megabytes; a page of a log has one.
 */
export const answerAtMost = 16 * 1024 * 1024;

/** Bytes. Pages that say what is wrong are shorter. */
const shortAtMost = 4_096;

/**
 * The SDK drops what it cannot read: for as long as it holds the answer's stream, a short one can
 * be read once more.
 */
const shortAnswers = new WeakMap<object, Uint8Array>();

/** `streamCollector` of an SDK client, within a bound. */
export async function collectAnswer(stream: unknown): Promise<Uint8Array> {
  if (!(stream instanceof Readable))
    throw new TypeError('the response body of the request handler is not a stream');
  const bytes = await bytesOf(stream, answerAtMost);
  if (bytes.length <= shortAtMost) shortAnswers.set(stream, bytes);
  return bytes;
}

/** The text of a short answer that was collected from this stream. */
export function shortTextOf(stream: object): string | undefined {
  const bytes = shortAnswers.get(stream);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}
