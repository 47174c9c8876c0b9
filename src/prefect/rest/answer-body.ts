import { z } from 'zod';

/** The JSON of an answer, its text where that is none, and undefined where it is empty. */
export function parsedBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Balancers, log-in pages and Prefect's own UI answer with HTML; the API never does. */
export function isWebPage(body: unknown): boolean {
  return typeof body === 'string' && body.trimStart().startsWith('<');
}

const ErrorBody = z.object({
  detail: z.unknown().optional(),
  exception_message: z.unknown().optional(),
});

const longestDetail = 500;

/** The server's own words. What it repeats of our request is left out: it may carry secrets. */
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
