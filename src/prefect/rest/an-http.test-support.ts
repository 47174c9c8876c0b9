import { silentLogger } from '../../kernel/logger.ts';
import { seededRandom } from '../../kernel/random.ts';
import { PrefectHttp, type FetchedResponse, type PrefectHttpOptions } from './http.ts';

/** A client of a server that needs nothing: no key, no CSRF token, no jitter. */
export function anHttp(
  options: Pick<PrefectHttpOptions, 'fetch' | 'clock' | 'maxRetries'> & Partial<PrefectHttpOptions>,
): PrefectHttp {
  return new PrefectHttp({
    apiUrl: 'http://prefect.test/api',
    apiKey: undefined,
    authString: undefined,
    customHeaders: {},
    prefectVersion: '3.8.8',
    attribution: () => ({ workerName: undefined, workerId: undefined }),
    csrfSupportEnabled: false,
    isCloud: false,
    requestTimeoutSeconds: 60,
    retryJitterFactor: 0,
    retryExtraCodes: [],
    random: seededRandom(1),
    log: silentLogger,
    ...options,
  });
}

export function anAnswer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): FetchedResponse {
  return { status, headers: new Headers(headers), text: () => Promise.resolve(text) };
}
