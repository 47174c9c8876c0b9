import type { ConfigurationFields } from './configuration-fields.ts';
import type { ChosenByRun } from './ecs-job.ts';
import type { Origin } from './origin.ts';
import { originAt, type Origins, type Path } from './origins.ts';
import type { Json } from '../../kernel/json.ts';
import { isEmpty, objectIn, textIn } from './shape.ts';

const ofRun: readonly Origin[] = ['deployment', 'flow-run'];

/** `origins` as they are before blocks are put in: a block hides who named it. */
export function chosenByRun(fields: ConfigurationFields, origins: Origins): ChosenByRun {
  const { task_definition: definition, task_run_request: request } = fields;
  const overrides = objectIn(request['overrides']);
  const isOfRun = (path: Path, value: Json | undefined): boolean =>
    !isEmpty(value) && ofRun.includes(originAt(origins, path, 'pool-template'));
  const roles = [
    [['execution_role_arn'], fields.execution_role_arn],
    [['task_definition', 'executionRoleArn'], definition['executionRoleArn']],
    [['task_definition', 'taskRoleArn'], definition['taskRoleArn']],
    [['task_run_request', 'overrides', 'executionRoleArn'], overrides['executionRoleArn']],
    [['task_run_request', 'overrides', 'taskRoleArn'], overrides['taskRoleArn']],
  ] as const;
  return {
    credentials: isOfRun(['aws_credentials'], fields.aws_credentials),
    cluster:
      isOfRun(['cluster'], fields.cluster) || isOfRun(['task_run_request', 'cluster'], request['cluster']),
    definition:
      isOfRun(['task_definition', 'family'], definition['family']) ||
      isOfRun(['task_run_request', 'taskDefinition'], request['taskDefinition']),
    roles: roles.flatMap(([path, role]) => (isOfRun(path, role) ? (textIn(role) ?? []) : [])),
  };
}
