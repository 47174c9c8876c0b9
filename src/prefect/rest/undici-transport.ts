import { readFileSync } from 'node:fs';
import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import type { Transport, TransportOptions } from './transport-options.ts';

/** The balancer of Prefect Cloud closes idle connections after 30 s: ours go first (prefect-api.md 1.3). */
const keepAliveMs = 25_000;

/** fetch through a proxy. Loaded only where one is configured. */
export function undiciTransport(options: Omit<TransportOptions, 'usesProxy'>): Transport {
  const connect = {
    ...(options.tlsInsecureSkipVerify && { rejectUnauthorized: false }),
    ...(options.sslCertFile !== undefined && { ca: readFileSync(options.sslCertFile, 'utf8') }),
  };
  const dispatcher = new EnvHttpProxyAgent({ connect, requestTls: connect, keepAliveTimeout: keepAliveMs });
  return {
    fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
