import type { IncomingMessage } from 'node:http';
import { Disconnect } from './disconnect.ts';

export function urlOf(incoming: IncomingMessage): string {
  return `http://${incoming.headers.host ?? '127.0.0.1'}${incoming.url ?? '/'}`;
}

export function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !name.startsWith(':'))
      headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

/**
 * The body. Undefined if it is longer than `mostBytes`: the rest is read and dropped, so that the
 * client receives the reason.
 */
export function bodyOf(incoming: IncomingMessage, mostBytes: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) chunks.push(chunk);
      else {
        chunks = [];
        resolve(undefined);
      }
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.once('error', () => reject(new Disconnect('the client disconnected')));
    incoming.once('close', () => reject(new Disconnect('the client disconnected')));
  });
}
