import type { LocalPrefect } from './local-prefect.ts';

interface Answer {
  readonly status: number;
  // JSON of any shape: tests read the members they know.
  readonly body: Record<string, never> & Record<string, unknown>;
}

/** Asks as any client does. `path` begins after `/api`. */
export async function ask(
  prefect: LocalPrefect,
  method: string,
  path: string,
  body?: unknown,
  headers = {},
): Promise<Answer> {
  const response = await prefect.handle(
    new Request(`http://prefect.local/api${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}
