import { EnvHttpProxyAgent, request } from 'undici';
import { certificatesIn } from '../../kernel/certificate-file.ts';
import { acceptedEncoding, type SendOnce } from './one-exchange.ts';
import { fetchOver } from './redirects.ts';
import { certFileSetting, type Transport, type TransportOptions } from './transport-options.ts';

/**
 * The load balancer of Prefect Cloud closes idle connections after 30 s. Ours close earlier, else a
 * request meets a closed connection (prefect-api.md 1.3).
 */
const keepAliveMs = 25_000;

/** HTTP through a proxy. Loaded only if one is configured. */
export function undiciTransport(options: Omit<TransportOptions, 'usesProxy'>): Transport {
  const connect = {
    ...(options.tlsInsecureSkipVerify && { rejectUnauthorized: false }),
    ...(options.sslCertFile !== undefined && {
      ca: certificatesIn(options.sslCertFile, certFileSetting),
    }),
  };
  const dispatcher = new EnvHttpProxyAgent({
    connect,
    requestTls: connect,
    keepAliveTimeout: keepAliveMs,
  });
  const sendOnce: SendOnce = async (url, { method, headers, body = null, signal }) => {
    const sent = { 'accept-encoding': acceptedEncoding, ...headers };
    const response = await request(url, { method, headers: sent, body, signal, dispatcher });
    return { status: response.statusCode, headers: response.headers, body: response.body };
  };
  return {
    fetch: fetchOver(sendOnce),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
