import { JsonObject } from './fields.ts';
import { invalidValue } from './http.ts';

const placeholder = /\{\{\s*([\w.\-[\]$]+)\s*\}\}/g;

/**
 * A template is empty, or has both parts and declares every variable that it uses. The server
 * refuses any other (prefect-api.md 2.2).
 */
export function checkTemplate(template: unknown, body: unknown): void {
  const parsed = JsonObject.safeParse(template);
  if (!parsed.success || Object.keys(parsed.data).length === 0) return;
  const complain = (message: string): never => {
    throw invalidValue(['base_job_template'], message, template, body);
  };
  const { job_configuration: configuration, variables } = parsed.data;
  if (isNothing(configuration) || isNothing(variables)) {
    complain(
      'The `base_job_template` must contain both a `job_configuration` key and a `variables` key.',
    );
  }
  const properties =
    JsonObject.safeParse(JsonObject.safeParse(variables).data?.['properties']).data ?? {};
  const missing = standardPlaceholders(configuration).filter((name) => !(name in properties));
  if (missing.length > 0) {
    complain(
      'The variables specified in the job configuration template must be present as properties ' +
        'in the variables schema. Your job configuration uses the following undeclared ' +
        `variable(s): ${missing.join(' ,')}.`,
    );
  }
}

/** What Python treats as false: an empty part counts as missing. */
function isNothing(part: unknown): boolean {
  return !part || (typeof part === 'object' && Object.keys(part).length === 0);
}

/** Blocks, Prefect variables and environment variables need no declaration in the template. */
function standardPlaceholders(value: unknown): readonly string[] {
  const names = [...JSON.stringify(value ?? null).matchAll(placeholder)].map(
    (match) => match[1] ?? '',
  );
  return [...new Set(names)]
    .filter((name) => !/^(?:prefect\.(?:blocks|variables)\.|\$)/.test(name))
    .map((name) => name.split(/[.[]/)[0] ?? name);
}
