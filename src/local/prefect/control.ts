import { Answer, type LocalRequest } from '../message.ts';
import { toError } from '../../kernel/errors.ts';
import type { Faults } from '../faults.ts';
import type { CallLog } from './call-log.ts';
import { parsePrefectFaultRule } from './fault-rule.ts';
import { noContent } from './http.ts';
import { inWords } from '../in-words.ts';

/** `/_local/...`: requests about the server itself. They are never counted and meet no faults. */
export async function answerControl(
  request: LocalRequest,
  path: string,
  faults: Faults,
  log: CallLog,
): Promise<Answer> {
  switch (`${request.method} ${path}`) {
    case 'GET /_local/health':
      return Answer.json(200, { ok: true });
    case 'GET /_local/calls':
      return Answer.json(200, log.counts());
    case 'POST /_local/faults':
      return addFaults(request, faults);
    case 'DELETE /_local/faults':
      faults.clear();
      return noContent();
    default:
      return Answer.json(404, { message: `there is nothing at ${path}` });
  }
}

/** One rule, or a list of rules. */
async function addFaults(request: LocalRequest, faults: Faults): Promise<Answer> {
  try {
    const value: unknown = JSON.parse(await request.text());
    const rules = (Array.isArray(value) ? value : [value]).map((rule, index) =>
      inWords(`rule ${index}`, rule, parsePrefectFaultRule),
    );
    for (const rule of rules) faults.add(rule);
    return Answer.json(200, { added: rules.length });
  } catch (error) {
    return Answer.json(400, { message: toError(error).message });
  }
}
