import { ValueError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import type { Origin } from '../job/origin.ts';
import { originAt } from '../job/origins.ts';
import { isSecretName } from '../job/secret-names.ts';
import { objectIn, objectsIn, textIn } from '../job/shape.ts';

/**
 * Characters of the JSON of `overrides`, punctuation included. RunTask refuses more, and
 * environment variables are what fills it up (aws-ecs.md B.3.1).
 */
export const overridesLimit = 8192;

/** The length of `overrides` as ECS counts it. */
export function overridesSize(request: JsonObject): number {
  return JSON.stringify(objectIn(request['overrides'])).length;
}

export interface EnvironmentItem {
  readonly name: string;
  readonly value: string;
}

/** Values that all runs of a deployment share may move to its task definition. */
const sharedOrigins: ReadonlySet<Origin> = new Set<Origin>([
  'pool-template',
  'variable-default',
  'deployment',
  'worker-setting',
]);

/**
 * Which variables move from the Prefect container's override into its definition so that the
 * overrides fit: largest value first, ties by name. Empty when they fit as they are, or cannot be
 * moved (a linked definition). Throws ValueError when nothing more may move and they still do not
 * fit (worker.md 7 rule 20).
 */
export function spillFor(
  request: JsonObject,
  containerName: string,
  job: EcsJob,
  mayMove: boolean,
): readonly EnvironmentItem[] {
  const size = overridesSize(request);
  if (size <= overridesLimit) return [];
  const items = environmentOf(request, containerName);
  const movable = mayMove ? items.filter((item) => isShared(item.name, job)) : [];
  const bySize = [...movable].sort(
    (one, other) => other.value.length - one.value.length || (one.name < other.name ? -1 : 1),
  );
  const moved: EnvironmentItem[] = [];
  let left = size;
  for (const item of bySize) {
    if (left <= overridesLimit) break;
    moved.push(item);
    // Plus a comma. The last item has none, but after it nothing is left to move.
    left -= JSON.stringify(item).length + 1;
  }
  if (overridesSize(withoutVariables(request, containerName, moved)) > overridesLimit)
    throw tooLarge(size, items);
  return moved;
}

/** The request without the variables that moved to the definition. */
export function withoutVariables(
  request: JsonObject,
  containerName: string,
  moved: readonly EnvironmentItem[],
): JsonObject {
  if (moved.length === 0) return request;
  const names = new Set(moved.map((item) => item.name));
  const overrides = objectIn(request['overrides']);
  return {
    ...request,
    overrides: {
      ...overrides,
      containerOverrides: objectsIn(overrides['containerOverrides']).map((container) =>
        container['name'] === containerName
          ? {
              ...container,
              environment: objectsIn(container['environment']).filter(
                (item) => !names.has(textIn(item['name']) ?? ''),
              ),
            }
          : container,
      ),
    },
  };
}

/** The definition with the moved variables in its Prefect container, sorted by name. */
export function withVariables(
  definition: JsonObject,
  containerName: string,
  moved: readonly EnvironmentItem[],
): JsonObject {
  if (moved.length === 0) return definition;
  const names = new Set(moved.map((item) => item.name));
  const added = [...moved]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((item) => ({ ...item }));
  return {
    ...definition,
    containerDefinitions: objectsIn(definition['containerDefinitions']).map((container) =>
      container['name'] === containerName
        ? {
            ...container,
            environment: [
              ...objectsIn(container['environment']).filter(
                (item) => !names.has(textIn(item['name']) ?? ''),
              ),
              ...added,
            ],
          }
        : container,
    ),
  };
}

function environmentOf(request: JsonObject, containerName: string): readonly EnvironmentItem[] {
  const container = objectsIn(objectIn(request['overrides'])['containerOverrides']).find(
    (candidate) => candidate['name'] === containerName,
  );
  return objectsIn(container?.['environment']).flatMap((item) => {
    const { name, value } = item;
    return typeof name === 'string' && typeof value === 'string' ? [{ name, value }] : [];
  });
}

function isShared(name: string, job: EcsJob): boolean {
  if (name.startsWith('PREFECT__') || isSecretName(name)) return false;
  return (
    Object.hasOwn(job.env, name) &&
    sharedOrigins.has(originAt(job.origins, ['env', name], 'worker'))
  );
}

function tooLarge(size: number, items: readonly EnvironmentItem[]): ValueError {
  const largest = [...items]
    .sort((one, other) => other.value.length - one.value.length)
    .slice(0, 5)
    .map((item) => `${item.name} (${item.value.length})`);
  return new ValueError(
    `The container overrides of this run have ${size} characters, but ECS accepts at most ${overridesLimit}. The largest ` +
      `environment variables are ${largest.join(', ')}. Move large values to the image, to a secret, or to the ` +
      'environment of the pool or deployment.',
  );
}
