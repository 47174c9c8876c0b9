import { z } from 'zod';

/** The JSON of an answer; its text if it is not JSON; undefined if it is empty. */
export function parsedBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Load balancers, login pages and Prefect's own UI answer with HTML. The API never does. */
export function isWebPage(body: unknown): boolean {
  return typeof body === 'string' && body.trimStart().startsWith('<');
}

const ErrorBody = z.object({
  detail: z.unknown().optional(),
  exception_message: z.unknown().optional(),
});

const longestDetail = 500;

/**
 * The server's own words. Parts of our request that it repeats are left out, because they may
 * contain secrets.
 */
export function detailOf(text: string): string | undefined {
  const parsed = ErrorBody.safeParse(parsedBody(text));
  if (!parsed.success) return undefined;
  const { detail, exception_message: message } = parsed.data;
  const words = [detail, message].find((one) => typeof one === 'string') ?? structured(detail);
  return typeof words === 'string' ? words.slice(0, longestDetail) : undefined;
}

function structured(detail: unknown): string | undefined {
  return detail === undefined || detail === null ? undefined : JSON.stringify(detail);
}
