import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../src/kernel/clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { inProcessFetch } from '../../src/local/in-process.ts';
import { LocalPrefect } from '../../src/local/prefect/local-prefect.ts';
import { until } from '../end-to-end/processes.ts';
import { startRealPrefect } from '../end-to-end/real-prefect.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A Prefect server under test: ours, or the real one. */
export interface Backend extends AsyncDisposable {
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
}

type Send = (
  method: string,
  path: string,
  body: string | undefined,
) => Promise<{ status: number; text: string }>;

const headers = { 'content-type': 'application/json', 'user-agent': 'prefect/3.8.8 (API 0.8.4)' };

function backend(send: Send, dispose: () => Promise<void>): Backend {
  return {
    // A server on SQLite answers 503 while its database is locked: nothing was written then.
    ask: (method, path, body) =>
      until(`${method} ${path}`, 60_000, async () => {
        const { status, text: answer } = await send(
          method,
          path,
          body === undefined ? undefined : JSON.stringify(body),
        );
        return status === 503 ? undefined : { status, body: answer === '' ? undefined : JSON.parse(answer) };
      }),
    [Symbol.asyncDispose]: dispose,
  };
}

export function ours(): Backend {
  const prefect = new LocalPrefect({ clock: systemClock, random: seededRandom(11) });
  const fetchOf = inProcessFetch((request) => prefect.handle(request));
  const send: Send = async (method, path, body) => {
    const url = `http://prefect.local/api${path}`;
    const response = await fetchOf(url, { method, headers, ...(body !== undefined && { body }) });
    return { status: response.status, text: await response.text() };
  };
  return backend(send, () => prefect[Symbol.asyncDispose]());
}

/** The real server 3.8.8, on SQLite, in a home of its own. */
export async function real(): Promise<Backend> {
  const server = await startRealPrefect({
    PREFECT_SERVER_LOGGING_LEVEL: 'CRITICAL',
    // Cells are compared as they are made: nothing may turn them Late meanwhile.
    PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED: 'false',
  });
  // A connection for each call: one that the server closes under a call would look like a lost answer.
  const send: Send = (method, path, body) =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(`${server.apiUrl}${path}`, { method, headers, agent: false }, (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  return backend(send, () => server[Symbol.asyncDispose]());
}
