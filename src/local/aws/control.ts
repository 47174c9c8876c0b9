import { Answer, type LocalRequest } from '../message.ts';
import { toError } from '../../kernel/errors.ts';
import { parseFaultRule, type AwsFaults } from './faults/aws-faults.ts';
import type { TaskView } from './ecs/task-view.ts';
import type { KeyRing } from './wire/key-ring.ts';
import { inWords } from '../in-words.ts';

/** What the paths under `/_local/` show and change. */
export interface Controlled {
  readonly faults: AwsFaults;
  callCounts(): Readonly<Record<string, number>>;
  tasks(): readonly TaskView[];
}

/** `keys`: a request must carry one of the server's own keys, except for the health check. */
export async function answerControl(
  request: LocalRequest,
  aws: Controlled,
  keys: KeyRing | undefined,
): Promise<Answer> {
  const { pathname } = new URL(request.url);
  if (pathname !== '/_local/health' && keys?.opens(request) === false) {
    return Answer.json(401, {
      message:
        'Sign in with the keys of this server: curl -u ' +
        '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" ...',
    });
  }
  switch (`${request.method} ${pathname}`) {
    case 'GET /_local/health':
      return Answer.json(200, { ok: true });
    case 'GET /_local/calls':
      return Answer.json(200, aws.callCounts());
    case 'GET /_local/tasks':
      return Answer.json(200, aws.tasks());
    case 'POST /_local/faults':
      return addFaults(request, aws.faults);
    case 'DELETE /_local/faults':
      aws.faults.clear();
      return Answer.json(200, { ok: true });
    default:
      return Answer.json(404, { message: `there is no ${request.method} ${pathname}` });
  }
}

/** Adds one rule, or a scenario, which is a list of rules. */
async function addFaults(request: LocalRequest, faults: AwsFaults): Promise<Answer> {
  try {
    const value: unknown = JSON.parse(await request.text());
    const rules = (Array.isArray(value) ? value : [value]).map((rule, index) =>
      inWords(`rule ${index}`, rule, parseFaultRule),
    );
    faults.addAll(rules);
    return Answer.json(200, { added: rules.length });
  } catch (error) {
    return Answer.json(400, { message: toError(error).message });
  }
}
