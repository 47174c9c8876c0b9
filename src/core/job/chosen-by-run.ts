import type { ConfigurationFields } from './configuration-fields.ts';
import type { ChosenByRun } from './ecs-job.ts';
import { isOfRun, partAt, type Origins, type Path } from './origins.ts';
import type { Json } from '../../kernel/json.ts';
import { isEmpty, objectIn, textIn } from './shape.ts';

/** `origins` from before blocks are resolved: a resolved block hides who referenced it. */
export function chosenByRun(fields: ConfigurationFields, origins: Origins): ChosenByRun {
  const { task_definition: definition, task_run_request: request } = fields;
  const overrides = objectIn(request['overrides']);
  const isChosen = (path: Path, value: Json | undefined): boolean =>
    !isEmpty(value) && isOfRun(partAt(origins, path));
  const roles = [
    [['execution_role_arn'], fields.execution_role_arn],
    [['task_definition', 'executionRoleArn'], definition['executionRoleArn']],
    [['task_definition', 'taskRoleArn'], definition['taskRoleArn']],
    [['task_run_request', 'overrides', 'executionRoleArn'], overrides['executionRoleArn']],
    [['task_run_request', 'overrides', 'taskRoleArn'], overrides['taskRoleArn']],
  ] as const;
  return {
    credentials: isChosen(['aws_credentials'], fields.aws_credentials),
    cluster:
      isChosen(['cluster'], fields.cluster) ||
      isChosen(['task_run_request', 'cluster'], request['cluster']),
    definition:
      isChosen(['task_definition', 'family'], definition['family']) ||
      isChosen(['task_run_request', 'taskDefinition'], request['taskDefinition']),
    roles: roles.flatMap(([path, role]) => (isChosen(path, role) ? (textIn(role) ?? []) : [])),
  };
}
