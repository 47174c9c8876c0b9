import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { BaseJobTemplate } from '../prefect/base-job-template.ts';
import type { Origin } from './ecs-job.ts';
import { expandDottedKeys, mergeJobVariables, VariableTypeError } from './merge-variables.ts';
import { markAll, originAt, pointerTo, type Origins } from './origins.ts';
import { isEmpty } from './shape.ts';
import { applyToObject, type Resolved } from './template.ts';

export interface TemplateInputs {
  readonly template: BaseJobTemplate;
  readonly deploymentVariables: JsonObject;
  readonly flowRunVariables: JsonObject;
  readonly environment: Readonly<Record<string, string>>;
}

/** A pool's template with all variables filled in; blocks and Prefect variables are left (ecs-worker.md 1.4, 1 to 6). */
export function resolveTemplate(inputs: TemplateInputs): Resolved<JsonObject> {
  const defaults = variableDefaults(inputs.template);
  const given = expandDottedKeys(mergeJobVariables(inputs.deploymentVariables, inputs.flowRunVariables));
  const values: JsonObject = { ...defaults, ...given.values };
  const origins = new Map<string, Origin>();
  for (const [name, value] of Object.entries(defaults)) {
    if (!Object.hasOwn(given.values, name)) markAll(origins, pointerTo('', name), value, 'variable-default');
  }
  for (const [pointer, origin] of given.origins) origins.set(pointer, origin);
  const base = withEnvironment(inputs.template.jobConfiguration, defaults['env'], values['env'], origins);
  return applyToObject(base.document, { values, origins, environment: inputs.environment }, base.origins);
}

/** Null defaults count as none, so that their placeholders are unset. */
function variableDefaults(template: BaseJobTemplate): JsonObject {
  return Object.fromEntries(
    Object.entries(template.variableProperties).flatMap(([name, property]): [string, Json][] => {
      const value = isJsonObject(property) ? property['default'] : undefined;
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

/**
 * `env` of template, defaults and values in one object, each layer over the one before (steps 3 and 5). A default replaces
 * what is no object yet; values are merged only into an object, else the template's own `{{ env }}` takes them.
 */
function withEnvironment(
  document: JsonObject,
  defaults: Json | undefined,
  values: Json | undefined,
  valueOrigins: Origins,
): { readonly document: JsonObject; readonly origins: Origins } {
  const origins = new Map<string, Origin>();
  let env: Json | undefined = document['env'];
  if (defaults !== undefined && !isEmpty(defaults)) {
    if (isJsonObject(env)) {
      env = { ...env, ...variablesIn(defaults) };
      for (const name of Object.keys(variablesIn(defaults))) {
        origins.set(pointerTo('/env', name), 'variable-default');
      }
    } else {
      env = defaults;
      markAll(origins, '/env', defaults, 'variable-default');
    }
  }
  if (isJsonObject(env) && values !== undefined && !isEmpty(values)) {
    const over = variablesIn(values);
    env = { ...env, ...over };
    for (const name of Object.keys(over)) {
      const pointer = pointerTo('/env', name);
      origins.set(pointer, originAt(valueOrigins, pointer, 'variable-default'));
    }
  }
  return { document: env === undefined ? document : { ...document, env }, origins };
}

function variablesIn(env: Json): JsonObject {
  if (isJsonObject(env)) return env;
  throw new VariableTypeError(
    'The variable `env` must be an object of names and values to be merged with the `env` of the template.',
  );
}
