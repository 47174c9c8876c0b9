import type { JsonObject } from '../../kernel/json.ts';
import type { BaseJobTemplate } from '../prefect/base-job-template.ts';
import { findPlaceholders } from './placeholders.ts';
import { ownValue } from './shape.ts';

/** Where a pool's template uses variables. */
export interface TemplatePlaces {
  /** Variables used anywhere in the template. */
  readonly anywhere: ReadonlySet<string>;
  /** Variables used only in its task definition. */
  readonly definitionOnly: ReadonlySet<string>;
}

/** A cache: all runs of a pool share its template. */
const known = new WeakMap<JsonObject, TemplatePlaces>();

export function placesIn({ jobConfiguration }: BaseJobTemplate): TemplatePlaces {
  const kept = known.get(jobConfiguration);
  if (kept !== undefined) return kept;
  const { task_definition: definition = null, ...others } = jobConfiguration;
  const elsewhere = variablesIn(others);
  const inDefinition = variablesIn({ definition });
  const places = {
    // `env` applies without a placeholder, too: it is merged into the template's object.
    anywhere: new Set([
      ...elsewhere,
      ...inDefinition,
      ...(ownValue(jobConfiguration, 'env') === undefined ? [] : ['env']),
    ]),
    definitionOnly: new Set([...inDefinition].filter((name) => !elsewhere.has(name))),
  };
  known.set(jobConfiguration, places);
  return places;
}

/** `{{ a.b[0] }}` names the variable `a`. */
function variablesIn(document: JsonObject): ReadonlySet<string> {
  return new Set(findPlaceholders(document).map((name) => name.replace(/[.[].*$/s, '')));
}
