import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { sharedAbortController } from '../../src/kernel/abort.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { LocalPrefect } from '../../src/local/prefect/local-prefect.ts';
import { serveOnLoopback } from '../../src/local/serve.ts';
import { until } from '../end-to-end/processes.ts';
import { startRealPrefect } from '../end-to-end/real-prefect.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A Prefect server under test: the local or the real one. */
export interface Backend extends AsyncDisposable {
  readonly apiUrl: string;
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
}

const plainHeaders = {
  'content-type': 'application/json',
  'user-agent': 'prefect/3.8.8 (API 0.8.4)',
};

function backend(
  apiUrl: string,
  authString: string | undefined,
  dispose: () => Promise<void>,
): Backend {
  const headers = {
    ...plainHeaders,
    ...(authString !== undefined && {
      authorization: `Basic ${Buffer.from(authString).toString('base64')}`,
    }),
  };
  return {
    apiUrl,
    // A server on SQLite answers 503 while its database is locked. Nothing was written, so repeat.
    ask: (method, path, body) =>
      until(`${method} ${path}`, 60_000, async () => {
        const { status, text: answer } = await send(`${apiUrl}${path}`, method, headers, body);
        return status === 503
          ? undefined
          : { status, body: answer === '' ? undefined : JSON.parse(answer) };
      }),
    [Symbol.asyncDispose]: dispose,
  };
}

/**
 * Opens a connection for each call. A kept one that the server closes during a call would look like
 * a lost answer.
 */
function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers, agent: false }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, text: answer }),
        reject,
      );
    });
    sent.once('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export interface BackendOptions {
  /** The secret that clients must send. Default: none. */
  readonly authString?: string;
}

/** Serves the local Prefect. */
export async function ours({ authString }: BackendOptions = {}): Promise<Backend> {
  const prefect = new LocalPrefect({
    clock: systemClock,
    random: seededRandom(11),
    lateRuns: false, // as in `real`
    ...(authString !== undefined && { authString }),
  });
  const server = await serveOnLoopback(
    (request) => prefect.handle(request),
    { sockets: (upgrade) => prefect.upgrade(upgrade) },
    sharedAbortController().signal,
  );
  return backend(`${server.url}/api`, authString, async () => {
    await server.close();
    await prefect[Symbol.asyncDispose]();
  });
}

/** Starts the real server 3.8.8 on SQLite, in its own home. */
export async function real({ authString }: BackendOptions = {}): Promise<Backend> {
  const server = await startRealPrefect({
    PREFECT_SERVER_LOGGING_LEVEL: 'CRITICAL',
    // The service would turn a scheduled run Late before a cell is compared.
    PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED: 'false',
    PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED: 'true',
    PREFECT_SERVER_LOGS_STREAM_PUBLISHING_ENABLED: 'true',
    ...(authString !== undefined && { PREFECT_SERVER_API_AUTH_STRING: authString }),
  });
  return backend(server.apiUrl, authString, () => server[Symbol.asyncDispose]());
}
