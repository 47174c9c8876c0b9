import type { Readable } from 'node:stream';
import { WorkerError } from './errors.ts';

/** An answer is longer than anybody reads: it is not read to its end. */
export class TooLargeError extends WorkerError {
  override readonly name = 'TooLargeError';
  /** How the text begins; a document often names itself there. */
  readonly beginning: string;

  constructor(atMost: number, beginning: Buffer = Buffer.alloc(0)) {
    super(`the answer is larger than ${atMost / 1024 ** 2} MB`);
    this.beginning = beginning.subarray(0, 1_000).toString('utf8');
  }
}

/**
 * All that a stream gives, which is cut off where it gives more than `atMost` bytes.
 * `stream/consumers` goes by way of a Blob, at three times the cost. Rejects where the stream
 * breaks off.
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
      stream.destroy(); // with its connection: what is still on its way would have to be read
    });
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
  });
}
