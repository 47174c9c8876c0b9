import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { BaseJobTemplate } from '../prefect/base-job-template.ts';
import { checkInput, checkJobVariables, checkSize } from './bounds.ts';
import { expandDottedKeys, mergeJobVariables, VariableTypeError } from './merge-variables.ts';
import { allFrom, noOrigins, partOf, withParts, type Origins } from './origins.ts';
import { isEmpty, objectIn } from './shape.ts';
import { variableNotices } from './ignored-variables.ts';
import { withOwnVariables } from './own-variables.ts';
import { containerSpokenOf } from './spoken-container.ts';
import { applyToObject, applyValues, type Resolved, type TemplateValues } from './template.ts';

export interface TemplateInputs {
  readonly template: BaseJobTemplate;
  readonly deploymentVariables: JsonObject;
  readonly flowRunVariables: JsonObject;
  readonly environment: Readonly<Record<string, string>>;
}

export interface ResolvedTemplate extends Resolved<JsonObject> {
  /** Index, in the result, of the container that the template's variables fill. */
  readonly spokenContainerAt: number | undefined;
  /** Job variables without effect, or with an unexpected one. */
  readonly notices: readonly string[];
}

/**
 * A pool's template with all variables filled in; blocks and Prefect variables are left
 * (worker.md 1.4). Throws ValidationError for what no job may be as large as,
 * ValueError and VariableTypeError for what contradicts itself.
 */
export function resolveTemplate(inputs: TemplateInputs): ResolvedTemplate {
  checkInput(inputs.template.jobConfiguration, "the pool's template");
  checkInput(inputs.template.variableProperties, "the variables of the pool's template");
  checkJobVariables(inputs.deploymentVariables, "deployment's job variables");
  checkJobVariables(inputs.flowRunVariables, "flow run's job variables");
  const defaults = variableDefaults(inputs.template);
  const given = expandDottedKeys(
    mergeJobVariables(inputs.deploymentVariables, inputs.flowRunVariables),
  );
  const values: JsonObject = { ...defaults, ...given.values };
  const ofDefaults = Object.keys(defaults).map(
    (name) => [name, allFrom('variable-default')] as const,
  );
  const origins = withParts(withParts(noOrigins, ofDefaults), given.origins.parts);
  const base = withEnvironment(
    inputs.template.jobConfiguration,
    defaults['env'],
    values['env'],
    origins,
  );
  const with_ = { values, origins, environment: inputs.environment };
  const resolved = applyToObject(base.document, with_, base.origins);
  checkSize(resolved.value, 'the job configuration');
  const honoured = withOwnVariables(resolved, inputs.template, given);
  const configuration = honoured.resolved.value;
  return {
    ...honoured.resolved,
    spokenContainerAt: spokenContainerAt(inputs.template.jobConfiguration, with_),
    notices: variableNotices({ ...honoured, template: inputs.template, given, configuration }),
  };
}

/** Unfilled items before the container were dropped, so its index may have changed. */
function spokenContainerAt(configuration: JsonObject, with_: TemplateValues): number | undefined {
  const containers = objectIn(configuration['task_definition'])['containerDefinitions'];
  if (!Array.isArray(containers)) return undefined;
  const at = containerSpokenOf(containers);
  const before = at === undefined ? undefined : applyValues(containers.slice(0, at), with_)?.value;
  return Array.isArray(before) ? before.length : undefined;
}

/** Null defaults count as no default, so that their placeholders are dropped. */
function variableDefaults(template: BaseJobTemplate): JsonObject {
  return Object.fromEntries(
    Object.entries(template.variableProperties).flatMap(([name, property]): [string, Json][] => {
      const value = isJsonObject(property) ? property['default'] : undefined;
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

/**
 * Merges `env` from template, defaults and values, each over the one before (worker.md 1.4, 3 and
 * 5). A default replaces an `env` that is not an object. Values are merged only into an object;
 * otherwise the template's own `{{ env }}` receives them.
 */
function withEnvironment(
  document: JsonObject,
  defaults: Json | undefined,
  values: Json | undefined,
  valueOrigins: Origins,
): { readonly document: JsonObject; readonly origins: Origins } {
  let env: Json | undefined = document['env'];
  let origins: Origins = noOrigins;
  const overlay = (over: JsonObject, originsOf: (name: string) => Origins): void => {
    env = { ...objectIn(env), ...over };
    origins = withParts(
      origins,
      Object.keys(over).map((name) => [name, originsOf(name)] as const),
    );
  };
  if (defaults !== undefined && !isEmpty(defaults)) {
    if (isJsonObject(env)) overlay(variablesIn(defaults), () => allFrom('variable-default'));
    else {
      env = defaults;
      origins = allFrom('variable-default');
    }
  }
  if (isJsonObject(env) && values !== undefined && !isEmpty(values)) {
    const ofValues = partOf(valueOrigins, 'env');
    overlay(variablesIn(values), (name) => partOf(ofValues, name));
  }
  if (env === undefined) return { document, origins: noOrigins };
  return { document: { ...document, env }, origins: withParts(noOrigins, [['env', origins]]) };
}

function variablesIn(env: Json): JsonObject {
  if (isJsonObject(env)) return env;
  throw new VariableTypeError(
    "The variable `env` must be an object of names and values, because it is merged with the template's `env`.",
  );
}
