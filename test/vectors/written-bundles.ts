import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { defaultBaseJobTemplate } from '../../src/core/prefect/base-job-template.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts';
import { jsonTextOf, parseKeeping } from '../../src/kernel/written-numbers.ts';
import { writtenInBundles } from '../../src/render/bundle-schema.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import type { Rendered } from '../../src/render/rendering.ts';

/** A user's changes to a bundle with the template of a new pool. */
export interface Written {
  /** Replaces keys of the template's `job_configuration`. */
  readonly configuration?: JsonObject;
  /** Sets defaults of the pool's variables, and adds variables that the template lacks. */
  readonly defaults?: JsonObject;
  readonly deployment?: JsonObject;
  readonly run?: JsonObject;
  readonly environment?: Readonly<Record<string, string>>;
  readonly blocks?: readonly JsonObject[];
  readonly variables?: JsonObject;
  readonly taskDefinitions?: readonly JsonObject[];
  /** Replaces the template of a new pool. */
  readonly template?: JsonObject;
}

/** Parses JSON and keeps the text of its numbers, e.g. `{"A": 2.0}`. */
export function written(text: string): JsonObject {
  const document = parseKeeping(text, 'all') as Json; // a JSON parser returns nothing else
  if (isJsonObject(document)) return document;
  throw new Error(`${text} is no object`);
}

/** The pool's template with the user's changes. */
export function templateOf({
  template = defaultBaseJobTemplate,
  configuration,
  defaults,
}: Written): JsonObject {
  const part = (document: JsonObject, key: string): JsonObject => {
    const value = document[key];
    return isJsonObject(value) ? value : {};
  };
  const variables = part(template, 'variables');
  const properties = part(variables, 'properties');
  return {
    ...template,
    job_configuration: { ...part(template, 'job_configuration'), ...configuration },
    variables: {
      ...variables,
      properties: {
        ...properties,
        ...Object.fromEntries(
          Object.entries(defaults ?? {}).map(([name, value]) => [
            name,
            { ...part(properties, name), default: value },
          ]),
        ),
      },
    },
  };
}

const ids = { pool: 'pool-id', flow: 'flow-id', deployment: 'deployment-id', run: 'run-id' };

/** The text of a bundle file. */
export function bundleText(from: Written): string {
  return jsonTextOf({
    work_pool: { id: ids.pool, name: 'pool', type: 'ecs', base_job_template: templateOf(from) },
    flow: { id: ids.flow, name: 'etl' },
    deployment: { id: ids.deployment, name: 'daily', job_variables: from.deployment ?? {} },
    flow_run: {
      id: ids.run,
      name: 'tidy-owl',
      flow_id: ids.flow,
      deployment_id: ids.deployment,
      job_variables: from.run ?? {},
    },
    block_documents: from.blocks ?? [],
    variables: from.variables ?? {},
    worker: {
      name: 'worker',
      prefect_version: '3.8.8',
      environment: {
        AWS_DEFAULT_REGION: 'us-east-1',
        PREFECT_API_URL: 'http://prefect.test/api',
        ...from.environment,
      },
    },
    aws: {
      region: 'us-east-1',
      vpcs: [{ VpcId: 'vpc-1', IsDefault: true }],
      subnets: [{ SubnetId: 'subnet-1', VpcId: 'vpc-1', AvailabilityZone: 'us-east-1a' }],
      task_definitions: from.taskDefinitions ?? [],
    },
  });
}

/** Renders a user's bundle as `render --from-file` does. */
export function renderedOf(from: Written): Promise<Rendered> {
  return renderBundle(parseKeeping(bundleText(from), writtenInBundles), {
    settingsOf: bundleSettings,
  });
}

/** The first container of the definition that would be registered. */
export function containersOf({
  register_task_definition: definition,
}: Rendered): readonly JsonObject[] {
  const containers = definition?.['containerDefinitions'];
  return Array.isArray(containers) ? containers.filter((one: Json) => isJsonObject(one)) : [];
}

/** The variables that RunTask would set, over all containers. */
export function environmentOf({ run_task: request }: Rendered): Readonly<Record<string, Json>> {
  const overrides = request?.['overrides'];
  const containers = isJsonObject(overrides) ? overrides['containerOverrides'] : undefined;
  const items = (Array.isArray(containers) ? containers : []).flatMap((container: Json): Json[] => {
    const environment = isJsonObject(container) ? container['environment'] : undefined;
    return Array.isArray(environment) ? environment : [];
  });
  return Object.fromEntries(
    items.flatMap((item) =>
      isJsonObject(item) ? [[String(item['name']), item['value'] ?? null] as const] : [],
    ),
  );
}

/** The lines that `render` shows as warnings. */
export function warningsOf({ logs }: Rendered): readonly string[] {
  return logs.filter(({ level }) => level === 'warning').map(({ message }) => message);
}
