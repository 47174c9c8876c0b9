import { Readable } from 'node:stream';
import { bytesOf } from '../kernel/bytes.ts';

/**
 * Bytes. A hundred tasks with all possible content take two megabytes; a page of a log takes one.
 */
export const answerAtMost = 16 * 1024 * 1024;

/** Bytes. Error pages that explain something are shorter. */
const shortAtMost = 4_096;

/**
 * The SDK drops an answer that it cannot parse. While it holds the answer's stream, a short one can
 * be read again from here for the error message.
 */
const shortAnswers = new WeakMap<object, Uint8Array>();

/**
 * The `streamCollector` of an SDK client, with a size limit. Without the limit, one broken answer
 * could exhaust the worker's memory.
 */
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
