import { Readable } from 'node:stream';
import { bytesOf } from '../kernel/bytes.ts';

/** Bytes. A hundred tasks with all that they may carry have two megabytes; a page of a log has one. */
export const answerAtMost = 16 * 1024 * 1024;

/** `streamCollector` of an SDK client, within a bound. */
export function collectAnswer(stream: unknown): Promise<Uint8Array> {
  if (stream instanceof Readable) return bytesOf(stream, answerAtMost);
  return Promise.reject(new TypeError('the answer of the request handler is no stream'));
}
