import { ValidationError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { defaultBaseJobTemplate } from './default-base-job-template.ts';

export { defaultBaseJobTemplate } from './default-base-job-template.ts';

/** A pool's template, from any version or written by hand. Unknown keys are kept. */
export interface BaseJobTemplate {
  readonly jobConfiguration: JsonObject;
  /** JSON schema of each variable, by name. A worker only uses its `default`. */
  readonly variableProperties: JsonObject;
}

/**
 * Parses a template. An empty one counts as the built-in one. Throws ValidationError with the
 * invalid part.
 */
export function parseBaseJobTemplate(template: JsonObject): BaseJobTemplate {
  const given = Object.keys(template).length === 0 ? defaultBaseJobTemplate : template;
  const variables = objectAt(given, 'variables', 'base_job_template.variables');
  return {
    jobConfiguration: objectAt(given, 'job_configuration', 'base_job_template.job_configuration'),
    variableProperties: objectAt(variables, 'properties', 'base_job_template.variables.properties'),
  };
}

function objectAt(parent: JsonObject, key: string, name: string): JsonObject {
  const value: Json | undefined = parent[key];
  if (value === undefined || value === null) return {};
  if (isJsonObject(value)) return value;
  throw new ValidationError(
    `${name} must be an object. Fix the base job template of the work pool.`,
  );
}
