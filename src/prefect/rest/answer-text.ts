import { promisify } from 'node:util';
import { brotliDecompress, constants, gunzip, inflate, type InputType } from 'node:zlib';
import { bytesOf, TooLargeError } from '../../kernel/bytes.ts';
import { discard, type WireResponse } from './one-exchange.ts';

/**
 * Bytes of a decoded answer. A page of 200 runs with the largest parameters is larger, and is
 * requested in smaller pages.
 */
export const answerAtMost = 16 * 1024 * 1024;

type Decode = (
  bytes: InputType,
  options: { readonly maxOutputLength: number; readonly finishFlush?: number },
) => Promise<Buffer>;

const decoders: Readonly<Record<string, Decode>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/**
 * The text of an answer. An answer above the limit rejects with `TooLargeError`, also if only its
 * decoded form is too large.
 */
export async function textOf(response: WireResponse): Promise<string> {
  const { headers, body } = response;
  const encoding = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  const decode = decoders[encoding];
  if (decode === undefined && encoding !== 'identity' && encoding !== '') {
    discard(response);
    throw new Error(`the answer is encoded as '${encoding}', which the worker did not ask for`);
  }
  const bytes = await bytesOf(body, answerAtMost);
  return (decode === undefined ? bytes : await decoded(bytes, decode)).toString('utf8');
}

async function decoded(bytes: Buffer, decode: Decode): Promise<Buffer> {
  try {
    return await decode(bytes, { maxOutputLength: answerAtMost });
  } catch (error) {
    const isTooLarge =
      error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? new TooLargeError(answerAtMost, await beginningOf(bytes, decode)) : error;
  }
}

/**
 * Decodes the first bytes, which give at most a thousand times as many. Brotli yields nothing
 * before its end.
 */
async function beginningOf(bytes: Buffer, decode: Decode): Promise<Buffer> {
  const options = { maxOutputLength: 2 * 1024 * 1024, finishFlush: constants.Z_SYNC_FLUSH };
  return decode(bytes.subarray(0, 1024), options).catch(() => Buffer.alloc(0));
}
