import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import { prefectApi } from '../prefect/rest/api.ts';
import { ignoredHeaders } from '../prefect/rest/headers.ts';
import { PrefectHttp, type Fetch } from '../prefect/rest/http.ts';
import { createTransport } from '../prefect/rest/transport.ts';
import type { PrefectApi } from '../run/ports/prefect-api.ts';
import type { Settings } from '../settings/settings.ts';

/** The Prefect version that we behave as (decisions.md 12). */
export const prefectVersion = '3.8.8';

export interface PrefectConnection extends AsyncDisposable {
  readonly prefect: PrefectApi;
}

export function isPrefectCloud({ api, cloudApiUrl }: Settings): boolean {
  return (api.url ?? '').startsWith(cloudApiUrl);
}

/** Connects to Prefect's API as configured. `attribution` identifies the worker to the server. */
export async function connectPrefect(parts: {
  readonly settings: Settings;
  readonly attribution: () => {
    readonly workerName: string | undefined;
    readonly workerId: string | undefined;
  };
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** Set by simulations. Otherwise Node's own client, or undici's. */
  readonly fetch?: Fetch | undefined;
}): Promise<PrefectConnection> {
  const { settings, attribution, log, clock, random } = parts;
  const apiUrl = settings.api.url ?? '';
  const isCloud = isPrefectCloud(settings);
  for (const name of ignoredHeaders(settings.client.customHeaders)) {
    log.warning(`The worker sets the header '${name}' itself; your custom value is ignored.`);
  }
  const transport = await createTransport({
    tlsInsecureSkipVerify: settings.api.tlsInsecureSkipVerify,
    sslCertFile: settings.api.sslCertFile,
    usesProxy: settings.proxies.configured,
  });
  const http = new PrefectHttp({
    apiUrl,
    apiKey: settings.api.key,
    authString: settings.api.authString,
    sentAs: settings.api.sentAs,
    customHeaders: settings.client.customHeaders,
    csrfSupportEnabled: settings.client.csrfSupportEnabled,
    isCloud,
    requestTimeoutSeconds: settings.api.requestTimeoutSeconds,
    maxRetries: settings.client.maxRetries,
    retryJitterFactor: settings.client.retryJitterFactor,
    retryExtraCodes: settings.client.retryExtraCodes,
    prefectVersion,
    attribution,
    fetch: parts.fetch ?? transport.fetch,
    clock,
    random,
    log,
  });
  return {
    prefect: prefectApi({ http, isCloud, workerId: () => attribution().workerId, clock, log }),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
