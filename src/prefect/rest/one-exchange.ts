import type { Readable } from 'node:stream';
import type { FetchInit } from './http.ts';

/**
 * An answer from the wire: not decoded, no redirect followed. The receiver must read or destroy its
 * body, or the connection leaks.
 */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readable;
}

/** One request, one answer. */
export type SendOnce = (url: URL, init: FetchInit) => Promise<WireResponse>;

/** Destroys an unread answer, which may have no end. */
export function discard({ body }: WireResponse): void {
  body.on('error', () => undefined);
  body.destroy();
}

/**
 * The encoding that we ask for. The reader also accepts others, because some servers ignore the
 * header.
 */
export const acceptedEncoding = 'gzip';
