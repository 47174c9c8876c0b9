import type { JsonObject } from '../kernel/json.ts';

/**
 * After the SDK has serialised its own body, and before the length is set and the request is
 * signed.
 */
const place = { name: 'exactBody', step: 'build', priority: 'high' } as const;

/**
 * Middleware that sends a document exactly as it is. The SDK silently drops members that its
 * schemas do not know. What may be sent was checked before (core/plan/check-parameters.ts), and
 * `render` shows exactly this document.
 */
export function exactBody(document: JsonObject) {
  const middleware =
    <Args extends object, Result>(next: (args: Args) => Result) =>
    (args: Args): Result => {
      if ('request' in args && isHttpRequest(args.request))
        args.request.body = JSON.stringify(document);
      return next(args);
    };
  return [middleware, place] as const;
}

function isHttpRequest(request: unknown): request is { body: unknown } {
  return typeof request === 'object' && request !== null && 'body' in request;
}
