import type { JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { objectIn, objectsIn, textIn } from '../job/shape.ts';
import { taskDefinitionFor } from '../plan/task-definition.ts';
import { isAllowed, notAllowed, quoted, type GuardRails } from './guard-rails.ts';
import { coversResource, imageForms } from './names.ts';
import { judgeVariables } from './variables.ts';

/**
 * Checks a job before any call to AWS: cluster, variables, and, unless the definition is linked,
 * roles and images. Throws NotAllowedError.
 */
export function judgeJob(job: EcsJob, rails: GuardRails): void {
  judgeCluster(job, rails);
  judgeVariables(job, rails);
  if (!judgesDefinitions(rails)) return;
  judgeRoles(overridesOf(job), rails);
  const isLinked = textIn(job.taskRunRequest['taskDefinition']) !== undefined;
  if (!isLinked) judgeDefinition(taskDefinitionFor(job, 'any'), rails);
}

/** Checks a linked definition, as ECS returned it. Roles in the request override its own. */
export function judgeLinked(job: EcsJob, definition: JsonObject, rails: GuardRails): void {
  if (!judgesDefinitions(rails)) return;
  const overrides = overridesOf(job);
  const role = (name: string): string | undefined =>
    textIn(overrides[name]) ?? textIn(definition[name]);
  judgeDefinition(
    {
      ...definition,
      taskRoleArn: role('taskRoleArn') ?? null,
      executionRoleArn: role('executionRoleArn') ?? null,
    },
    rails,
  );
}

function judgesDefinitions({
  allowedTaskRoles,
  allowedExecutionRoles,
  allowedImages,
}: GuardRails): boolean {
  return allowedTaskRoles.length + allowedExecutionRoles.length + allowedImages.length > 0;
}

function judgeDefinition(definition: JsonObject, rails: GuardRails): void {
  judgeRoles(definition, rails);
  for (const container of objectsIn(definition['containerDefinitions'])) {
    const image = textIn(container['image']) ?? '';
    if (isAllowed(rails.allowedImages, imageForms(image))) continue;
    const ofContainer = `of container ${quoted(textIn(container['name']) ?? '')}`;
    throw notAllowed(
      'allowedImages',
      `the image ${quoted(image)} ${ofContainer}`,
      rails,
      'Use an allowed image',
    );
  }
}

/** A task without a role has none, or its instance's, which a run cannot choose. */
function judgeRoles(document: JsonObject, rails: GuardRails): void {
  for (const [list, key, what] of [
    ['allowedTaskRoles', 'taskRoleArn', 'task'],
    ['allowedExecutionRoles', 'executionRoleArn', 'execution'],
  ] as const) {
    const role = textIn(document[key]);
    if (role === undefined || rails[list].length === 0 || coversResource(rails[list], role))
      continue;
    throw notAllowed(list, `the ${what} role ${quoted(role)}`, rails, 'Use an allowed role');
  }
}

function judgeCluster(job: EcsJob, rails: GuardRails): void {
  const cluster = textIn(job.taskRunRequest['cluster']) ?? job.cluster ?? 'default';
  if (rails.allowedClusters.length === 0 || coversResource(rails.allowedClusters, cluster)) return;
  throw notAllowed(
    'allowedClusters',
    `the cluster ${quoted(cluster)}`,
    rails,
    'Use an allowed cluster',
  );
}

function overridesOf(job: EcsJob): JsonObject {
  return objectIn(job.taskRunRequest['overrides']);
}
