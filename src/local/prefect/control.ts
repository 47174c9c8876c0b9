import { z } from 'zod';
import type { FaultRule, Faults } from '../faults.ts';
import type { CallLog } from './call-log.ts';
import { jsonAnswer, parseBody } from './http.ts';

const Fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('throttle') }),
  z.strictObject({ kind: z.literal('error'), status: z.int().min(400).max(599) }),
  z.strictObject({ kind: z.literal('html') }),
  z.strictObject({ kind: z.literal('malformed') }),
  z.strictObject({ kind: z.literal('reset-before') }),
  z.strictObject({ kind: z.literal('reset-after') }),
  z.strictObject({ kind: z.literal('hang') }),
  z.strictObject({ kind: z.literal('slow'), ms: z.number().min(0) }),
  z.strictObject({ kind: z.literal('stale'), ms: z.number().min(0) }),
]);
const Rule = z.strictObject({
  operation: z.string().min(1),
  fault: Fault,
  probability: z.number().min(0).max(1).optional(),
  after: z.int().min(0).optional(),
  times: z.int().positive().optional(),
});

/** `/_local/...`: what people and other processes may ask of the server itself. Never counted, never faulty. */
export async function answerControl(
  request: Request,
  path: string,
  faults: Faults,
  log: CallLog,
): Promise<Response> {
  switch (`${request.method} ${path}`) {
    case 'GET /_local/health':
      return jsonAnswer(200, { ok: true });
    case 'GET /_local/calls':
      return jsonAnswer(200, log.counts());
    case 'POST /_local/faults':
      faults.add(ruleOf(await request.json().catch(() => null)));
      return new Response(null, { status: 204 });
    case 'DELETE /_local/faults':
      faults.clear();
      return new Response(null, { status: 204 });
    default:
      return jsonAnswer(404, { message: `nothing at ${path}` });
  }
}

function ruleOf(body: unknown): FaultRule {
  const { operation, fault, probability, after, times } = parseBody(Rule, body);
  return {
    operation,
    fault,
    ...(probability !== undefined && { probability }),
    ...(after !== undefined && { after }),
    ...(times !== undefined && { times }),
  };
}
