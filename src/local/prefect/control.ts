import { z } from 'zod';
import { toError } from '../../kernel/errors.ts';
import type { Faults } from '../faults.ts';
import type { CallLog } from './call-log.ts';
import { parsePrefectFaultRule } from './fault-rule.ts';
import { jsonAnswer } from './http.ts';

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
      return addFaults(request, faults);
    case 'DELETE /_local/faults':
      faults.clear();
      return new Response(null, { status: 204 });
    default:
      return jsonAnswer(404, { message: `nothing at ${path}` });
  }
}

/** One rule, or a list of them. */
async function addFaults(request: Request, faults: Faults): Promise<Response> {
  try {
    const value: unknown = await request.json();
    const rules = (Array.isArray(value) ? value : [value]).map(parsePrefectFaultRule);
    for (const rule of rules) faults.add(rule);
    return jsonAnswer(200, { added: rules.length });
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : toError(error).message;
    return jsonAnswer(400, { message });
  }
}
