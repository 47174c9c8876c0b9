import { objectIn, objectsIn } from '../job/shape.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';

/** The container members that need capacity. Other differences do not matter here. */
const sizes = ['cpu', 'memory', 'memoryReservation', 'resourceRequirements', 'portMappings'];

/**
 * The capacity that a launch competes for. Launches with equal keys find room together or not at
 * all. Includes sizes, because a small task may fit where a large one does not, and subnets,
 * because Fargate may be full in only one zone.
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
