import type { Transport, TransportOptions } from './transport-options.ts';

/** Node's own fetch; undici's only where certificates or a proxy are configured, since loading it costs 100 ms. */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const isPlain = !options.tlsInsecureSkipVerify && options.sslCertFile === undefined && !options.usesProxy;
  if (isPlain) {
    return { fetch: (url, init) => fetch(url, init), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const { undiciTransport } = await import('./undici-transport.ts');
  return undiciTransport(options);
}
