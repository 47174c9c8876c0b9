import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { BaseJobTemplate } from '../prefect/base-job-template.ts';
import { partOf, withParts } from './origins.ts';
import type { Traced } from './merge-variables.ts';
import { lenientBoolean } from './lenient.ts';
import { isEmpty, objectIn, ownValue, textIn } from './shape.ts';
import type { Resolved } from './template.ts';
import { placesIn } from './template-places.ts';

/**
 * Job variables that control how the worker follows a task. They apply even if a pool's template
 * has no place for them or holds a literal, as templates made by the Python CLI do (worker.md 0.3).
 * Values that reach AWS are not among them: a template may fix those on purpose.
 */
export const followedBy = [
  'stream_output',
  'task_start_timeout_seconds',
  'task_watch_poll_interval',
  'auto_deregister_task_definition',
  'match_latest_revision_in_family',
] as const;

/** A variable that applies although the template has no place for it. */
export interface InForce {
  readonly name: string;
  readonly value: Json;
  /** The template's literal in its place. */
  readonly instead: Json | undefined;
}

export interface Honoured {
  readonly resolved: Resolved<JsonObject>;
  readonly inForce: readonly InForce[];
}

/** Applies the `followedBy` variables of a deployment or run that the template does not use. */
export function withOwnVariables(
  resolved: Resolved<JsonObject>,
  template: BaseJobTemplate,
  given: Traced,
): Honoured {
  const { anywhere } = placesIn(template);
  const inForce = followedBy.flatMap((name): InForce[] => {
    const value = ownValue(given.values, name);
    if (value === undefined || value === null || anywhere.has(name)) return [];
    if (name === 'stream_output' && isYes(value) && !canStream(resolved.value)) return [];
    return [{ name, value, instead: ownValue(template.jobConfiguration, name) }];
  });
  if (inForce.length === 0) return { resolved, inForce };
  return {
    inForce,
    resolved: {
      value: {
        ...resolved.value,
        ...Object.fromEntries(inForce.map(({ name, value }) => [name, value])),
      },
      origins: withParts(
        resolved.origins,
        inForce.map(({ name }) => [name, partOf(given.origins, name)] as const),
      ),
    },
  };
}

function isYes(value: Json): boolean {
  return lenientBoolean.safeParse(value).data === true;
}

/**
 * Output goes by CloudWatch Logs, which asks for an execution role: without one the run would fail
 * of it (worker.md V5).
 */
function canStream(configuration: JsonObject): boolean {
  const logs = configuration['configure_cloudwatch_logs'];
  if (logs !== undefined && logs !== null) return true;
  const definition = objectIn(configuration['task_definition']);
  const request = configuration['task_run_request'];
  const isLinked = isJsonObject(request) && textIn(request['taskDefinition']) !== undefined;
  return (
    isLinked ||
    !isEmpty(configuration['execution_role_arn']) ||
    !isEmpty(definition['executionRoleArn'])
  );
}
