import { z } from 'zod';
import { ValidationError } from '../../kernel/errors.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { mismatchWords } from '../../kernel/mismatch.ts';
import { isEmpty, objectsIn, textIn } from './shape.ts';
import { JsonRecordOrEmpty, JsonValue } from '../prefect/json.ts';
import { lenientBoolean, lenientNumber, nullableTexts, textOrNothing, texts } from './lenient.ts';

/** The job configuration after templating (worker.md 1.4 step 8). Null means "not set". */
const Fields = z.object({
  command: textOrNothing,
  env: nullableTexts,
  labels: texts,
  name: textOrNothing,
  aws_credentials: JsonValue.optional(),
  task_definition: JsonRecordOrEmpty,
  task_run_request: JsonRecordOrEmpty,
  configure_cloudwatch_logs: lenientBoolean,
  cloudwatch_logs_options: texts,
  cloudwatch_logs_prefix: textOrNothing,
  network_configuration: JsonRecordOrEmpty,
  stream_output: lenientBoolean,
  task_start_timeout_seconds: lenientNumber,
  task_watch_poll_interval: lenientNumber,
  auto_deregister_task_definition: lenientBoolean,
  match_latest_revision_in_family: lenientBoolean,
  vpc_id: textOrNothing,
  container_name: textOrNothing,
  cluster: textOrNothing,
  prefect_api_key_secret_arn: textOrNothing,
  prefect_api_auth_string_secret_arn: textOrNothing,
  execution_role_arn: textOrNothing,
});
export type ConfigurationFields = z.output<typeof Fields>;

/** Parses and validates a resolved job configuration. Throws ValidationError with the fields. */
export function parseConfiguration(resolved: Json): ConfigurationFields {
  const parsed = Fields.safeParse(resolved);
  if (!parsed.success) {
    const words = mismatchWords(resolved, parsed.error);
    throw new ValidationError(
      `The job configuration is not valid. ${words}. Fix it in the job variables.`,
    );
  }
  const { data } = parsed;
  const fields = {
    ...data,
    configure_cloudwatch_logs: data.configure_cloudwatch_logs ?? data.stream_output,
  };
  validate(fields);
  return fields;
}

/**
 * The validators in the order in which users know them: the first that fails decides the message
 * (worker.md V2, V4, V5, V6, V7). V1 and V3 are defaults, not checks.
 */
function validate(fields: ConfigurationFields): void {
  const isLinked = textIn(fields.task_run_request['taskDefinition']) !== undefined;
  const problem =
    missingDefinition(fields, isLinked) ??
    noEssentialContainer(fields.task_definition) ??
    missingExecutionRole(fields, isLinked) ??
    uselessLogOptions(fields) ??
    missingVpc(fields);
  if (problem !== undefined) throw new ValidationError(problem);
}

function missingDefinition(fields: ConfigurationFields, isLinked: boolean): string | undefined {
  if (isLinked || !isEmpty(fields.task_definition)) return undefined;
  return 'A task definition must be provided if a task definition ARN is not present on the task run request.';
}

function noEssentialContainer(definition: JsonObject): string | undefined {
  const containers = objectsIn(definition['containerDefinitions']);
  if (containers.length === 0 || !containers.every((container) => container['essential'] === false))
    return undefined;
  return 'At least one container in the task definition must be marked as essential.';
}

function missingExecutionRole(fields: ConfigurationFields, isLinked: boolean): string | undefined {
  const isGiven =
    isLinked ||
    fields.execution_role_arn !== undefined ||
    !isEmpty(fields.task_definition['executionRoleArn']);
  if (fields.configure_cloudwatch_logs !== true || isGiven) return undefined;
  return 'An `execution_role_arn` must be provided to use `configure_cloudwatch_logs` or `stream_logs`.';
}

function uselessLogOptions(fields: ConfigurationFields): string | undefined {
  if (isEmpty(fields.cloudwatch_logs_options) || fields.configure_cloudwatch_logs === true)
    return undefined;
  return '`configure_cloudwatch_log` must be enabled to use `cloudwatch_logs_options`.';
}

function missingVpc(fields: ConfigurationFields): string | undefined {
  if (isEmpty(fields.network_configuration) || fields.vpc_id !== undefined) return undefined;
  return 'You must provide a `vpc_id` to enable custom `network_configuration`.';
}
