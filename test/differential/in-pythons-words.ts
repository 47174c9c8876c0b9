import { followedBy } from '../../src/core/job/own-variables.ts';
import { placesIn } from '../../src/core/job/template-places.ts';
import { resolveTemplate } from '../../src/core/job/resolve-template.ts';
import { objectIn, objectsIn, textIn } from '../../src/core/job/shape.ts';
import { containerSpokenOf } from '../../src/core/job/spoken-container.ts';
import { containerNameIn, containersIn } from '../../src/core/plan/prefect-container.ts';
import { parseBaseJobTemplate } from '../../src/core/prefect/base-job-template.ts';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts';

type Document = Readonly<Record<string, unknown>>;

/**
 * Translates a bundle so that Python understands it as we do. Two rules are ours alone (OURS). Of
 * several containers we choose the one that the template's variables refer to, so it gets a name or
 * `container_name` that Python knows (worker.md 4.3). Variables that tell how to follow a task
 * apply without a place in the template (worker.md 0.3).
 */
export function inPythonsWords(bundle: Document): Document {
  const pool = JsonRecord.parse(bundle['work_pool']);
  const template = objectIn(pool['base_job_template']);
  const resolved = resolvedOf(bundle, template);
  if (resolved === undefined) return bundle;
  const { configuration, spokenContainerAt: at } = resolved;
  const given = { ...objectIn(template['job_configuration']), ...inForce(template, configuration) };
  const withConfiguration = (job_configuration: JsonObject): Document => ({
    ...bundle,
    work_pool: { ...pool, base_job_template: { ...template, job_configuration } },
  });
  const definition = objectIn(configuration['task_definition']);
  const names = containersIn(definition, at).map(({ container }) => textIn(container['name']));
  const isTold = textIn(configuration['container_name']) !== undefined || names.includes('prefect');
  if (at === undefined || names.length < 2 || isTold) return withConfiguration(given);
  const linked = textIn(objectIn(configuration['task_run_request'])['taskDefinition']);
  const name =
    linked === undefined
      ? containerNameIn(definition, at)
      : (containerNameIn(definition, at) ?? containerNameIn(linkedIn(bundle, linked)) ?? 'prefect');
  return withConfiguration(
    name === undefined ? withNamed(given, 'prefect') : { ...given, container_name: name },
  );
}

/** Variables that apply without a place in the template, put where Python reads them. */
function inForce(template: JsonObject, configuration: JsonObject): JsonObject {
  if (Object.keys(template).length === 0) return {};
  const { anywhere } = placesIn(parseBaseJobTemplate(template));
  return Object.fromEntries(
    followedBy.flatMap((name) => {
      const value = configuration[name];
      return value === undefined || anywhere.has(name) ? [] : [[name, value] as const];
    }),
  );
}

function resolvedOf(
  bundle: Document,
  template: JsonObject,
):
  | { readonly configuration: JsonObject; readonly spokenContainerAt: number | undefined }
  | undefined {
  const variablesOf = (key: string): JsonObject => {
    const document = bundle[key];
    return isJsonObject(document) ? objectIn(document['job_variables']) : {};
  };
  try {
    const { value, spokenContainerAt } = resolveTemplate({
      template: parseBaseJobTemplate(template),
      deploymentVariables: variablesOf('deployment'),
      flowRunVariables: variablesOf('flow_run'),
      environment: {},
    });
    return { configuration: value, spokenContainerAt };
  } catch {
    return undefined; // both sides fail on it
  }
}

function withNamed(configuration: JsonObject, name: string): JsonObject {
  const definition = objectIn(configuration['task_definition']);
  const written = definition['containerDefinitions'];
  const containers: readonly Json[] = Array.isArray(written) ? written : [];
  const spoken = containerSpokenOf(containers);
  const named = containers.map((container, at) =>
    at === spoken ? { ...objectIn(container), name } : container,
  );
  return { ...configuration, task_definition: { ...definition, containerDefinitions: named } };
}

function linkedIn(bundle: Document, reference: string): JsonObject {
  const definitions = objectsIn(JsonRecord.parse(bundle['aws'])['task_definitions']);
  return objectIn(
    definitions.find(
      ({ taskDefinitionArn: arn, family }) => arn === reference || family === reference,
    ),
  );
}
