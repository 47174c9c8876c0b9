import { RedirectRefusedError } from '../../core/prefect/api-error.ts';
import type { Fetch, FetchInit } from './http.ts';
import { textOf } from './answer-text.ts';
import { discard, type SendOnce, type WireResponse } from './one-exchange.ts';

const redirectsAtMost = 20;

/** The request is repeated at the new place as it is. */
const keepsMethod: readonly number[] = [307, 308];
const redirects: readonly number[] = [301, 302, 303, ...keepsMethod];

/**
 * The only headers that are sent to another origin. Keys, tokens, custom headers and bodies are
 * meant for the API that the user configured.
 */
const toldToStrangers: readonly string[] = ['accept', 'content-type', 'user-agent'];

/**
 * `fetch` over single exchanges: follows redirects where that is safe, and reads the answer within
 * the size limit.
 */
export function fetchOver(sendOnce: SendOnce): Fetch {
  return async (first, init) => {
    let [url, sent] = [new URL(first), init];
    for (let redirected = 0; ; redirected += 1) {
      const response = await sendOnce(url, sent);
      const location = locationOf(response);
      if (location === undefined) return await readAnswer(response, init.signal);
      discard(response);
      if (redirected === redirectsAtMost)
        throw new RedirectRefusedError(url.origin, 'redirected too many times');
      ({ url, sent } = redirectedTo(location, response.status, { url, sent }));
    }
  };
}

async function readAnswer(response: WireResponse, signal: AbortSignal) {
  const { status, headers } = response;
  try {
    const text = await textOf(response);
    return {
      status,
      headers: {
        get: (name: string) => [headers[name.toLowerCase()] ?? []].flat().join(', ') || null,
      },
      text: () => Promise.resolve(text),
    };
  } catch (error) {
    // The reason of the abort, because Node's own error says only that there was one.
    throw signal.aborted && signal.reason instanceof Error ? signal.reason : error;
  }
}

function locationOf({ status, headers }: WireResponse): string | undefined {
  const { location } = headers;
  return redirects.includes(status) && typeof location === 'string' ? location : undefined;
}

interface Step {
  readonly url: URL;
  readonly sent: FetchInit;
}

/**
 * The request for the target of a redirect. Throws if following would drop the request's body or
 * leak credentials.
 */
export function redirectedTo(location: string, status: number, { url, sent }: Step): Step {
  if (!URL.canParse(location, url.href))
    throw new RedirectRefusedError(url.origin, 'redirected to an invalid URL');
  const next = new URL(location, url.href);
  const isSameOrigin = next.origin === url.origin;
  const target = isSameOrigin ? next.pathname : next.origin;
  const isRead = sent.method === 'GET' || sent.method === 'HEAD';
  if (!['http:', 'https:'].includes(next.protocol))
    throw new RedirectRefusedError(
      target,
      `redirected with ${status} to something other than HTTP`,
    );
  if (url.protocol === 'https:' && next.protocol === 'http:')
    throw new RedirectRefusedError(target, `redirected with ${status} from https to http`);
  if (!isRead && !keepsMethod.includes(status))
    throw new RedirectRefusedError(
      target,
      `redirected with ${status}, which would drop the request body`,
    );
  if (!isRead && !isSameOrigin)
    throw new RedirectRefusedError(target, `redirected with ${status} to another origin`);
  if (isSameOrigin) return { url: next, sent };
  return {
    url: next,
    sent: { method: sent.method, headers: forStrangers(sent.headers), signal: sent.signal },
  };
}

function forStrangers(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => toldToStrangers.includes(name.toLowerCase())),
  );
}
