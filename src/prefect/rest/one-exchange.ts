import type { Readable } from 'node:stream';
import type { FetchInit } from './http.ts';

/**
 * An answer off the wire: not decoded, and no redirect followed. Whoever gets it reads or destroys
 * its body.
 */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readable;
}

/** One request, one answer. */
export type SendOnce = (url: URL, init: FetchInit) => Promise<WireResponse>;

/** An answer that is not read: it may have no end. */
export function discard({ body }: WireResponse): void {
  body.on('error', () => undefined);
  body.destroy();
}

/** The encoding that we ask for; the reader takes others of servers that were not asked. */
export const acceptedEncoding = 'gzip';
