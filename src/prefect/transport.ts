import { readFileSync } from 'node:fs';
import type { Fetch } from './http.ts';

export interface TransportOptions {
  readonly tlsInsecureSkipVerify: boolean;
  /** CA bundle that replaces the built-in one. */
  readonly sslCertFile: string | undefined;
  /** Whether any of the usual proxy variables is set. */
  readonly usesProxy: boolean;
}

export interface Transport extends AsyncDisposable {
  readonly fetch: Fetch;
}

/** The balancer of Prefect Cloud closes idle connections after 30 s: ours go first (prefect-api.md 1.3). */
const keepAliveMs = 25_000;

/** Node's own fetch; undici's only where certificates or a proxy are configured, since loading it costs 100 ms. */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const isPlain = !options.tlsInsecureSkipVerify && options.sslCertFile === undefined && !options.usesProxy;
  if (isPlain) {
    return { fetch: (url, init) => fetch(url, init), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const undici = await import('undici');
  const connect = {
    ...(options.tlsInsecureSkipVerify && { rejectUnauthorized: false }),
    ...(options.sslCertFile !== undefined && { ca: readFileSync(options.sslCertFile, 'utf8') }),
  };
  const dispatcher = options.usesProxy
    ? new undici.EnvHttpProxyAgent({ connect, requestTls: connect, keepAliveTimeout: keepAliveMs })
    : new undici.Agent({ connect, keepAliveTimeout: keepAliveMs });
  return {
    fetch: (url, init) => undici.fetch(url, { ...init, dispatcher }),
    [Symbol.asyncDispose]: () => dispatcher.close(),
  };
}
