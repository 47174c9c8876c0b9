import type { IncomingMessage } from 'node:http';

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
