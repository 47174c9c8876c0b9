import { linkAbort } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import { Cancelled, withTaskGroup } from '../kernel/task-group.ts';
import { prefectApi } from '../prefect/api.ts';
import { ignoredHeaders } from '../prefect/headers.ts';
import { PrefectHttp } from '../prefect/http.ts';
import { LogBatcher } from '../prefect/log-batcher.ts';
import { createTransport } from '../prefect/transport.ts';
import type { Aws, PrefectApi } from '../run/ports.ts';
import type { RunSettings } from '../run/run-ports.ts';
import type { Settings } from '../settings/settings.ts';
import { runWorker } from '../worker/worker.ts';
import type { WorkerLife, WorkerOptions } from '../worker/worker-ports.ts';
import { flowRunLogs } from './flow-run-logs.ts';

/** The Prefect version that we behave as (design.md decision 12). */
export const prefectVersion = '3.8.8';

export interface ServiceParts {
  readonly settings: Settings;
  readonly options: WorkerOptions;
  /** The console. */
  readonly log: Logger;
  readonly workerLog: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** A worker wired to the world. */
export interface Service extends AsyncDisposable {
  readonly prefect: PrefectApi;
  /** Works until drained; then sends the last log lines. */
  run(life: WorkerLife): Promise<void>;
}

/** How long the last log lines may take to be sent. */
const lastLinesWithinMs = 1_500;

/** Wires adapters to ports. TypeScript checks here that each adapter is what its port asks for. */
export async function composeService(parts: ServiceParts): Promise<Service> {
  const { settings, options, log, workerLog, clock, random } = parts;
  const apiUrl = settings.api.url ?? '';
  const isCloud = apiUrl.startsWith(settings.cloudApiUrl);
  let workerId: string | undefined;
  for (const name of ignoredHeaders(settings.client.customHeaders)) {
    workerLog.warning(`The custom header '${name}' is set by the worker itself; yours is ignored.`);
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
    customHeaders: settings.client.customHeaders,
    csrfSupportEnabled: settings.client.csrfSupportEnabled,
    isCloud,
    requestTimeoutSeconds: settings.api.requestTimeoutSeconds,
    maxRetries: settings.client.maxRetries,
    retryJitterFactor: settings.client.retryJitterFactor,
    retryExtraCodes: settings.client.retryExtraCodes,
    prefectVersion,
    attribution: () => ({ workerName: options.name, workerId }),
    fetch: transport.fetch,
    clock,
    random,
  });
  const prefect: PrefectApi = prefectApi({ http, isCloud, workerId: () => workerId });
  const batcher = logBatcherFor(parts, prefect);
  const aws = awsWhenAskedFor(parts);
  return {
    prefect,
    run: (life) =>
      withTaskGroup(life.stop, async (group) => {
        group.spawn('logs', (signal) => batcher.run(signal));
        await runWorker(
          options,
          {
            prefect: {
              ...prefect,
              sendHeartbeat: async (heartbeat, signal) => {
                const told = await prefect.sendHeartbeat(heartbeat, signal);
                workerId = told ?? workerId;
                return told;
              },
            },
            aws,
            clock,
            random,
            log: workerLog,
            logFor: flowRunLogs({
              console: log,
              clock,
              send: (entry) => batcher.write(entry),
              level: settings.logging.level,
              sendToApi: settings.logging.toApiEnabled,
            }),
            runSettings: () => runSettings(settings, options),
            prefectVersion,
          },
          life,
        );
        group.cancel('the worker has stopped');
      }),
    [Symbol.asyncDispose]: async () => {
      await flushWithin(lastLinesWithinMs, batcher, clock);
      await transport[Symbol.asyncDispose]();
    },
  };
}

/** The SDK costs 10 MB and 60 ms: it is loaded with the first run, not with an idle worker. */
function awsWhenAskedFor({ settings, workerLog, clock, random }: ServiceParts): Aws {
  let loaded: Promise<Aws> | undefined;
  const load = async (): Promise<Aws> => {
    const { createAws } = await import('../aws/create-aws.ts');
    const usesProxy = settings.proxies.configured;
    return createAws({ settings: { ...settings.aws, usesProxy }, clock, random, log: workerLog });
  };
  return {
    sessionFor: async (credentials, signal) => (await (loaded ??= load())).sessionFor(credentials, signal),
  };
}

function logBatcherFor({ settings, workerLog, clock }: ServiceParts, prefect: PrefectApi): LogBatcher {
  return new LogBatcher({
    write: (entries, signal) => prefect.writeLogs(entries, signal),
    clock,
    batchIntervalSeconds: settings.logging.toApiBatchIntervalSeconds,
    batchSize: settings.logging.toApiBatchSize,
    maxLogSize: settings.logging.toApiMaxLogSize,
    onLost: (count, reason) =>
      workerLog.warning(`${count} log line(s) of flow runs could not be sent: ${reason}`),
  });
}

function runSettings(settings: Settings, options: WorkerOptions): RunSettings {
  return {
    ...settings.ecs,
    passedOn: settings.passedOn,
    environment: settings.environment,
    prefetchSeconds: options.prefetchSeconds,
  };
}

async function flushWithin(ms: number, batcher: LogBatcher, clock: Clock): Promise<void> {
  const limit = new AbortController();
  using over = linkAbort(new AbortController().signal);
  const timer = clock.sleep(ms, over.signal).then(
    () => limit.abort(new Cancelled('the last log lines take too long')),
    () => undefined,
  );
  await batcher.flush(limit.signal);
  over.abort(new Cancelled('flushed'));
  await timer;
}
