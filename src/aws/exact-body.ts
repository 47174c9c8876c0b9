import type { JsonObject } from '../kernel/json.ts';

/** After the SDK wrote a body of its own, and before the body's length is told and it is signed. */
const place = { name: 'exactBody', step: 'build', priority: 'high' } as const;

/**
 * Middleware by which the wire carries a document as it is. The SDK writes the members that its
 * schemas know, and leaves out whatever else it is given, without a word. What may be sent was
 * decided before, by core/plan/check-parameters.ts; what `render` shows is this.
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
