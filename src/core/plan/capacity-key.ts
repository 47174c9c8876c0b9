import { objectIn, objectsIn } from '../job/shape.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';

/**
 * What takes room of a container; whatever else tells two definitions apart does not matter to
 * capacity.
 */
const sizes = ['cpu', 'memory', 'memoryReservation', 'resourceRequirements', 'portMappings'];

/**
 * What a launch competes for: equal keys find room, or none, in the same place. Sizes are part of
 * it, since a small task may fit where a large one does not; subnets too, since Fargate may be full
 * in one zone alone.
 */
export function capacityKeyOf(
  place: { readonly account: string; readonly region: string; readonly cluster: string },
  request: JsonObject,
  definition: JsonObject,
): string {
  const overrides = objectIn(request['overrides']);
  const network = objectIn(objectIn(request['networkConfiguration'])['awsvpcConfiguration']);
  return JSON.stringify([
    [place.account, place.region, place.cluster],
    ['launchType', 'capacityProviderStrategy', 'placementConstraints'].map((name) => request[name]),
    network['subnets'],
    [overrides['cpu'] ?? definition['cpu'], overrides['memory'] ?? definition['memory']],
    objectsIn(definition['containerDefinitions']).map(sizesOf),
    definition['runtimePlatform'],
  ]);
}

function sizesOf(container: JsonObject): readonly (Json | undefined)[] {
  return sizes.map((name) => container[name]);
}
