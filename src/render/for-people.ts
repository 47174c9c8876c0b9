import type { Redactor } from '../core/plan/launch-plan.ts';
import { maskedForLog } from '../core/plan/masking.ts';
import { overridesLimit, overridesSize } from '../core/plan/overrides-budget.ts';
import type { JsonObject } from '../kernel/json.ts';
import { terminalLines, terminalText } from '../kernel/terminal-text.ts';
import type { Rendered } from './rendering.ts';

/**
 * A rendered launch for people: both documents with secrets masked, the size of the overrides, and
 * what would happen.
 */
export function renderForPeople(rendered: Rendered): string {
  const {
    register_task_definition: definition,
    run_task: request,
    error,
    redactor = unprepared,
  } = rendered;
  const section = (title: string, document: JsonObject): string =>
    `${title}\n${terminalLines(JSON.stringify(redactor.document(document), undefined, 2))}\n`;
  const warnings = rendered.logs.filter((log) => log.level === 'warning' || log.level === 'error');
  return [
    ...(definition === null ? [] : [section('RegisterTaskDefinition', definition)]),
    ...(request === null ? [] : [section('RunTask', request)]),
    ...warnings.map((log) => `warning: ${terminalText(redactor.text(log.message))}`),
    ...(request === null
      ? []
      : [
          `container overrides: ${budget(overridesSize(request))}`,
          `definition: ${terminalText(fate(rendered))}`,
        ]),
    ...(error === null ? [] : [`error: ${error.name}: ${errorText(error, redactor)}`]),
    '',
  ].join('\n');
}

/** A ParamValidationError has several lines, in which user text is already quoted. */
function errorText({ name, message }: NonNullable<Rendered['error']>, redactor: Redactor): string {
  const text = redactor.text(message);
  return name === 'ParamValidationError' ? terminalLines(text) : terminalText(text);
}

/** Without a prepared job there are no secrets of it, and hardly any document. */
const unprepared: Redactor = {
  document: (document) => maskedForLog(document),
  text: (text) => text,
};

function budget(size: number): string {
  const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${grouped(size)} of ${grouped(overridesLimit)} characters`;
}

function fate({
  register_task_definition: registered,
  run_task: request,
  reuse,
}: Rendered): string {
  if (registered === null) return `reuses ${nameOf(String(request?.['taskDefinition'] ?? ''))}`;
  if (reuse === undefined)
    return `registers the first revision of family ${String(registered['family'])}`;
  return `registers a new revision because ${reuse.differsAt.join(', ')} differs from ${nameOf(reuse.taskDefinition)}`;
}

/** `family:revision` from an ARN. */
function nameOf(reference: string): string {
  return reference.split('/').at(-1) ?? reference;
}
