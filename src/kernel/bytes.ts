import type { Readable } from 'node:stream';
import { WorkerError } from './errors.ts';

/** An answer exceeds the limit and is not read to its end. */
export class TooLargeError extends WorkerError {
  override readonly name = 'TooLargeError';
  /** The beginning of the text, which often identifies the document. */
  readonly beginning: string;

  constructor(atMost: number, beginning: Buffer = Buffer.alloc(0)) {
    super(`the answer is larger than ${atMost / 1024 ** 2} MB`);
    this.beginning = beginning.subarray(0, 1_000).toString('utf8');
  }
}

/**
 * Reads a whole stream. Rejects if it has more than `atMost` bytes or breaks off. Not
 * `stream/consumers`, which uses a Blob at three times the cost.
 */
export function bytesOf(stream: Readable, atMost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= atMost) return void chunks.push(chunk);
      reject(new TooLargeError(atMost, chunks[0] ?? chunk));
      chunks.length = 0;
      stream.destroy(); // and its connection: otherwise the rest would have to be read
    });
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
  });
}
