import type { JsonObject } from '../../kernel/json.ts';
import { isEmpty, objectsIn, textIn } from '../job/shape.ts';

/** Name of the container in which a flow run is orchestrated, unless the user says otherwise. */
export const defaultContainerName = 'prefect';

/** `prefect` if a container has that name, else the first container's name, which may be none (ecs-worker.md V3). */
export function containerNameIn(definition: JsonObject): string | undefined {
  const containers = objectsIn(definition['containerDefinitions']).filter((container) => !isEmpty(container));
  const names = containers.map((container) => textIn(container['name']));
  return names.includes(defaultContainerName) ? defaultContainerName : names[0];
}

/** The configured name, else the definition's, else `prefect` (rules 4.3 and 7.8). */
export function prefectContainerName(configured: string | undefined, definition: JsonObject): string {
  return configured ?? containerNameIn(definition) ?? defaultContainerName;
}
