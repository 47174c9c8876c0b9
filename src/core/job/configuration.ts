import type { Json, JsonObject } from '../../kernel/json.ts';
import type { VariableAnswer } from '../prefect/api-facts.ts';
import type { FlowRun } from '../prefect/flow-run.ts';
import type { Flow } from '../prefect/flow.ts';
import { chosenByRun } from './chosen-by-run.ts';
import { checkSize } from './bounds.ts';
import { containerNotices } from './container-notices.ts';
import type { EcsJob } from './ecs-job.ts';
import { environmentFor } from './environment.ts';
import { fillTemplate, type FilledTemplate, type ReadConfiguration } from './filled-template.ts';
import type { JobInputs } from './job-inputs.ts';
import { labelsFor } from './labels.ts';
import { placeholderNotices } from './left-placeholders.ts';
import { noOrigins } from './origins.ts';
import { pyStr } from './py-repr.ts';
import {
  resolveBlocks,
  resolveVariables,
  type BlockAnswer,
  type BlockReference,
} from './references.ts';
import { isSavedCredentials } from './saved-credentials.ts';
import {
  secretsOfBlocks,
  secretsOfCredentials,
  secretsOfDocument,
  secretsOfVariables,
} from './secrets.ts';
import { defaultImageFor } from './default-image.ts';
import { objectIn } from './shape.ts';
import { applyValues, type Resolved } from './template.ts';
import { containerNameIn } from '../plan/prefect-container.ts';

/** A job with its template filled in, and the blocks to read before the next step. */
export interface BegunJob {
  readonly blocksNeeded: readonly BlockReference[];
  /** The configuration before blocks and variables are resolved, with its origins. */
  readonly named: Resolved<JsonObject>;
  /** Job variables without effect. Available early, as they may explain a later error. */
  readonly notices: readonly string[];
  withBlocks(answers: readonly BlockAnswer[]): JobWithBlocks;
}

/** A job whose blocks are resolved. Variables come after blocks: a block's value may name one. */
export interface JobWithBlocks {
  readonly variablesNeeded: readonly string[];
  /** Throws ValidationError if the resulting configuration is contradictory. */
  withVariables(
    answers: readonly { readonly name: string; readonly answer: VariableAnswer }[],
  ): EcsJob;
}

/** The command of a container for which none is configured. */
const defaultCommand = 'prefect flow-run execute';
const defaultStartTimeoutSeconds = 300;
const defaultPollIntervalSeconds = 5;

/**
 * Turns pool template, job variables, blocks and variables into a prepared job (worker.md 1.4,
 * 1.5). Pure: between the steps the caller reads what is needed. Does not change its inputs.
 */
export function beginJob(inputs: JobInputs): BegunJob {
  const filled = fillTemplate({
    baseJobTemplate: inputs.workPool.baseJobTemplate,
    deploymentVariables: inputs.deployment?.jobVariables,
    flowRunVariables: inputs.flowRun.jobVariables,
    environment: inputs.worker.environment,
  });
  return {
    blocksNeeded: filled.blocksNeeded,
    named: filled.resolved,
    notices: filled.resolved.notices,
    withBlocks: (blocks) => {
      const resolved = resolveBlocks(filled.resolved.value, blocks, filled.resolved.origins);
      checkChanged(resolved.value, filled.resolved.value);
      return {
        variablesNeeded: filled.variablesNeededIn(resolved.value),
        withVariables: (variables) => {
          const complete = resolveVariables(resolved.value, variables, resolved.origins);
          checkChanged(complete.value, resolved.value);
          return prepare(filled.read(complete.value), complete, filled, blocks, inputs);
        },
      };
    },
  };
}

/** Checked again, because blocks and variables may have any size. */
function checkChanged(document: Json, before: Json): void {
  if (document !== before) checkSize(objectIn(document), 'the job configuration');
}

function prepare(
  { fields, awsCredentials }: ReadConfiguration,
  complete: Resolved,
  { taskDefinitionPlaceholders, resolved }: FilledTemplate,
  blocks: readonly BlockAnswer[],
  inputs: JobInputs,
): EcsJob {
  const { flowRun, flow, worker } = inputs;
  const { spokenContainerAt } = resolved;
  const environment = environmentFor(fields, complete.origins, inputs);
  const ofContainers = containerNotices(fields, spokenContainerAt);
  return deepFrozen({
    flowRunId: flowRun.id,
    flowId: flowRun.flowId,
    deploymentId: flowRun.deploymentId,
    workPoolName: inputs.workPool.name,
    name: nameFor(fields.name, flow, flowRun),
    command: fields.command ?? defaultCommand,
    env: environment.values,
    unsetEnv: environment.unset,
    labels: {
      ...labelsFor({ ...inputs, workerName: worker.name, prefectVersion: worker.prefectVersion }),
      ...fields.labels,
    },
    awsCredentials,
    taskDefinition: fields.task_definition,
    taskRunRequest: fields.task_run_request,
    configureCloudwatchLogs: fields.configure_cloudwatch_logs ?? false,
    cloudwatchLogsOptions: fields.cloudwatch_logs_options,
    cloudwatchLogsPrefix: fields.cloudwatch_logs_prefix,
    networkConfiguration: fields.network_configuration,
    streamOutput: fields.stream_output ?? false,
    taskStartTimeoutSeconds: startTimeout(fields.task_start_timeout_seconds),
    taskWatchPollIntervalSeconds: pollInterval(fields.task_watch_poll_interval),
    autoDeregisterTaskDefinition: fields.auto_deregister_task_definition ?? false,
    matchLatestRevisionInFamily: fields.match_latest_revision_in_family ?? false,
    vpcId: fields.vpc_id,
    containerName:
      fields.container_name ?? containerNameIn(fields.task_definition, spokenContainerAt),
    spokenContainerAt,
    cluster: fields.cluster,
    prefectApiKeySecretArn: fields.prefect_api_key_secret_arn,
    prefectApiAuthStringSecretArn: fields.prefect_api_auth_string_secret_arn,
    executionRoleArn: fields.execution_role_arn,
    defaultImage: defaultImageFor(worker.defaultImage, inputs.deployment?.labels),
    tagBlanks: worker.tagBlanks,
    origins: environment.origins,
    namedBy: resolved.origins,
    credentialsAreSaved: isSavedCredentials(resolved.value['aws_credentials'] ?? null, blocks),
    secrets: [
      ...secretsOfBlocks(blocks.flatMap(({ document }) => document ?? [])),
      ...secretsOfCredentials(awsCredentials),
      ...secretsOfVariables(ownVariables(environment.values, worker.passedOnSettings)),
      ...secretsOfVariables(fields.cloudwatch_logs_options),
      ...secretsOfDocument(fields.task_definition),
      ...secretsOfDocument(fields.task_run_request),
    ],
    chosenByRun: chosenByRun(fields, resolved.origins),
    taskDefinitionPlaceholders,
    warnings: [],
    notices: [...placeholderNotices(objectIn(complete.value), complete.origins), ...ofContainers],
  });
}

/** The job's own variables. Secrets of the worker's settings are known for all jobs already. */
function ownVariables(
  variables: Readonly<Record<string, string>>,
  passedOn: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name, value]) => passedOn[name] !== value),
  );
}

/** Missing or null: 300 s. Zero or less, as in newer templates: no timeout (worker.md 0.3). */
function startTimeout(seconds: number | undefined): number | undefined {
  if (seconds === undefined) return defaultStartTimeoutSeconds;
  return seconds <= 0 ? undefined : seconds;
}

function pollInterval(seconds: number | undefined): number {
  return seconds === undefined || seconds <= 0 ? defaultPollIntervalSeconds : seconds;
}

/** Rendered with `ctx.flow.*` and `ctx.flow_run.*`. An unfilled placeholder on its own stays. */
function nameFor(template: string | undefined, flow: Flow, flowRun: FlowRun): string {
  if (template === undefined) return flowRun.name;
  const context: JsonObject = { ctx: { flow: flow.document, flow_run: flowRun.document.fields } };
  const values = { values: context, origins: noOrigins, environment: {} };
  const rendered = applyValues(template, values)?.value;
  const name = rendered === undefined ? template : rendered === null ? '' : pyStr(rendered);
  return name === '' ? flowRun.name : name;
}

function deepFrozen(job: EcsJob): EcsJob {
  for (const document of [
    job.taskDefinition,
    job.taskRunRequest,
    job.networkConfiguration,
    job.env,
    job.labels,
  ]) {
    freeze(document);
  }
  return Object.freeze(job);
}

function freeze(value: Json): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  for (const inner of Object.values(value)) freeze(inner);
  Object.freeze(value);
}
