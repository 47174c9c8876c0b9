import { z } from 'zod';
import { toError } from '../../kernel/errors.ts';
import { parseFaultRule, type AwsFaults } from './aws-faults.ts';
import type { TaskView } from './task-view.ts';

/** What the paths under `/_local/` show and change. */
export interface Controlled {
  readonly faults: AwsFaults;
  callCounts(): Readonly<Record<string, number>>;
  tasks(): readonly TaskView[];
}

export async function answerControl(request: Request, aws: Controlled): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (`${request.method} ${pathname}`) {
    case 'GET /_local/health':
      return Response.json({ ok: true });
    case 'GET /_local/calls':
      return Response.json(aws.callCounts());
    case 'GET /_local/tasks':
      return Response.json(aws.tasks());
    case 'POST /_local/faults':
      return addFaults(request, aws.faults);
    case 'DELETE /_local/faults':
      aws.faults.clear();
      return Response.json({ ok: true });
    default:
      return Response.json({ message: `nothing at ${request.method} ${pathname}` }, { status: 404 });
  }
}

/** One rule, or a scenario: a list of them. */
async function addFaults(request: Request, faults: AwsFaults): Promise<Response> {
  try {
    const value: unknown = await request.json();
    const rules = (Array.isArray(value) ? value : [value]).map(parseFaultRule);
    faults.addAll(rules);
    return Response.json({ added: rules.length });
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : toError(error).message;
    return Response.json({ message }, { status: 400 });
  }
}
