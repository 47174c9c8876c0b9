import type { Json, JsonObject } from '../../kernel/json.ts';
import { parseBaseJobTemplate } from '../prefect/base-job-template.ts';
import { parseConfiguration, type ConfigurationFields } from './configuration-fields.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { parseAwsCredentials } from './credentials.ts';
import { blockReferencesIn, variableReferencesIn, type BlockReference } from './references.ts';
import { resolveTemplate, type ResolvedTemplate } from './resolve-template.ts';
import { findPlaceholders } from './placeholders.ts';

/** The inputs of a pool's template. */
export interface Filling {
  readonly baseJobTemplate: JsonObject;
  /** Undefined: the run has no deployment. */
  readonly deploymentVariables: JsonObject | undefined;
  readonly flowRunVariables: JsonObject;
  readonly environment: Readonly<Record<string, string>>;
}

/** A parsed configuration with blocks and variables resolved. Shared by runs: never change it. */
export interface ReadConfiguration {
  readonly fields: ConfigurationFields;
  readonly awsCredentials: AwsCredentials;
}

/** A template filled in: blocks and Prefect variables are left (worker.md 1.4). */
export class FilledTemplate {
  readonly resolved: ResolvedTemplate;
  readonly blocksNeeded: readonly BlockReference[];
  /** Of the template's task definition, before it was filled in. */
  readonly taskDefinitionPlaceholders: ReturnType<typeof findPlaceholders>;
  #read: ReadConfiguration | undefined;
  #variablesNeeded: readonly string[] | undefined;

  constructor({ baseJobTemplate, deploymentVariables, flowRunVariables, environment }: Filling) {
    const template = parseBaseJobTemplate(baseJobTemplate);
    this.resolved = resolveTemplate({
      template,
      deploymentVariables: deploymentVariables ?? {},
      flowRunVariables,
      environment,
    });
    this.blocksNeeded = blockReferencesIn(this.resolved.value);
    this.taskDefinitionPlaceholders = findPlaceholders(
      template.jobConfiguration['task_definition'] ?? null,
    );
  }

  /** The names of the Prefect variables to read after blocks are resolved. */
  variablesNeededIn(withBlocks: Json): readonly string[] {
    if (withBlocks !== this.resolved.value) return variableReferencesIn(withBlocks);
    this.#variablesNeeded ??= variableReferencesIn(withBlocks);
    return this.#variablesNeeded;
  }

  /**
   * Parses the configuration with blocks and variables resolved. Without any, it is parsed only
   * once for all runs. Throws ValidationError.
   */
  read(complete: Json): ReadConfiguration {
    if (complete !== this.resolved.value) return readConfiguration(complete);
    this.#read ??= readConfiguration(complete);
    return this.#read;
  }
}

function readConfiguration(complete: Json): ReadConfiguration {
  const fields = parseConfiguration(complete);
  return { fields, awsCredentials: parseAwsCredentials(fields.aws_credentials) };
}

interface Kept extends Pick<Filling, 'baseJobTemplate' | 'environment'> {
  readonly filled: FilledTemplate;
}

const keptByDeployment = new WeakMap<JsonObject, Kept>();

/**
 * Fills in a template. Runs without job variables of their own reuse the last result for the same
 * objects, because one poll may return hundreds of runs of one deployment. Throws ValidationError
 * and ValueError.
 */
export function fillTemplate(filling: Filling): FilledTemplate {
  const { baseJobTemplate, deploymentVariables, flowRunVariables, environment } = filling;
  if (deploymentVariables === undefined || Object.keys(flowRunVariables).length > 0)
    return new FilledTemplate(filling);
  const kept = keptByDeployment.get(deploymentVariables);
  if (kept?.baseJobTemplate === baseJobTemplate && kept.environment === environment)
    return kept.filled;
  const filled = new FilledTemplate(filling);
  keptByDeployment.set(deploymentVariables, { baseJobTemplate, environment, filled });
  return filled;
}
