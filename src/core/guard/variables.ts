import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { isOfRun, originAt, partAt, partOf, type Origins } from '../job/origins.ts';
import { isEmpty, objectIn, textIn } from '../job/shape.ts';
import { covers, notAllowed, quoted, type GuardRails } from './guard-rails.ts';
import { isPartlyOfRun } from './of-run.ts';

/**
 * Checks all ways for a variable into a container: `env`, definition, override, secret, file.
 * Throws NotAllowedError.
 */
export function judgeVariables(job: EcsJob, rails: GuardRails): void {
  if (rails.forbiddenEnv.length === 0) return;
  for (const name of [...Object.keys(job.env), ...job.unsetEnv]) {
    const isOurs = addedByWorker.has(originAt(job.origins, ['env', name], 'pool-template'));
    if (!isOurs && isOfRun(partAt(job.namedBy, ['env', name]))) judgeName(name, rails);
  }
  const { taskDefinition, taskRunRequest, namedBy } = job;
  const overrides = objectIn(taskRunRequest['overrides']);
  for (const [containers, path] of [
    [taskDefinition['containerDefinitions'], ['task_definition', 'containerDefinitions']],
    [overrides['containerOverrides'], ['task_run_request', 'overrides', 'containerOverrides']],
  ] as const) {
    const origins = partAt(namedBy, path);
    for (const [at, container] of entriesOf(containers))
      judgeContainer(objectIn(container), partOf(origins, at), rails);
  }
}

const addedByWorker: ReadonlySet<string> = new Set(['worker', 'worker-setting']);

function judgeContainer(container: JsonObject, origins: Origins, rails: GuardRails): void {
  for (const key of ['environment', 'secrets']) {
    for (const [at, item] of entriesOf(container[key])) {
      const ofItem = partOf(partOf(origins, key), at);
      const isList = Array.isArray(container[key]);
      const named = isList ? partOf(ofItem, 'name') : ofItem;
      const name = isList ? textIn(objectIn(item)['name']) : at;
      if (name !== undefined && isOfRun(named)) judgeName(name, rails);
    }
  }
  const files = container['environmentFiles'];
  if (isEmpty(files) || !isPartlyOfRun(files, partOf(origins, 'environmentFiles'))) return;
  throw notAllowed(
    'forbiddenEnv',
    "'environmentFiles' in job variables, because they can set any name",
    rails,
    'Set variables in `env`',
  );
}

function judgeName(name: string, rails: GuardRails): void {
  if (!covers(rails.forbiddenEnv, [name])) return;
  const advice = 'Remove it from the job variables';
  throw notAllowed(
    'forbiddenEnv',
    `the environment variable ${quoted(name)} of the job variables`,
    rails,
    advice,
  );
}

function entriesOf(value: Json | undefined): readonly (readonly [string, Json])[] {
  return isJsonObject(value) || Array.isArray(value) ? Object.entries(value) : [];
}
