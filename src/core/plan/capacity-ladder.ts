import { isEmpty, objectIn, textsIn, without } from '../job/shape.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { isFargate } from './launch-type.ts';

/** The launch types and capacity providers that a run tries in order while capacity is full. */
export interface CapacityLadder {
  readonly rungs: readonly string[];
  /** Failed launches on one rung before the next rung. */
  readonly failuresPerRung: number;
}

/** A capacity to launch on. Undefined `name`: the one that the run requests. */
export interface Rung {
  readonly name: string | undefined;
  /** No rung follows: from here on the run waits. */
  readonly isLast: boolean;
}

const launchTypes: readonly string[] = ['FARGATE', 'EC2', 'EXTERNAL'];

/**
 * The rung of launch `attempt`; the first attempts use the run's own capacity. Depends only on the
 * number, so that an adopter sends the same request. Rungs that are incompatible with the task
 * definition are skipped.
 */
export function rungOf(attempt: number, ladder: CapacityLadder, definition: JsonObject): Rung {
  const names = [undefined, ...ladder.rungs.filter((name) => fits(name, definition))];
  const at = Math.min(Math.floor((attempt - 1) / ladder.failuresPerRung), names.length - 1);
  return { name: names[at], isLast: at === names.length - 1 };
}

/** RunTask's input on a rung, without members that its launch type does not support. */
export function requestOn(name: string | undefined, request: JsonObject): JsonObject {
  if (name === undefined) return request;
  const rest = without(request, 'launchType', 'capacityProviderStrategy');
  const choice: JsonObject = launchTypes.includes(name)
    ? { launchType: name }
    : { capacityProviderStrategy: [{ capacityProvider: name, weight: 1 }] };
  return isFargate(name)
    ? { ...without(rest, 'placementConstraints', 'placementStrategy'), ...choice }
    : { ...withoutPublicIp(without(rest, 'platformVersion')), ...choice };
}

function fits(name: string, definition: JsonObject): boolean {
  const told: Json | undefined =
    definition['compatibilities'] ?? definition['requiresCompatibilities'];
  const compatibilities = textsIn(told);
  if (isFargate(name)) return compatibilities.includes('FARGATE');
  return isEmpty(told) || compatibilities.includes(name === 'EXTERNAL' ? 'EXTERNAL' : 'EC2');
}

/**
 * Only Fargate gives a task a public address. RunTask on instances refuses `ENABLED`
 * (aws-ecs.md B.3.3).
 */
function withoutPublicIp(request: JsonObject): JsonObject {
  const network = objectIn(request['networkConfiguration']);
  const configuration = objectIn(network['awsvpcConfiguration']);
  if (configuration['assignPublicIp'] !== 'ENABLED') return request;
  return {
    ...request,
    networkConfiguration: {
      ...network,
      awsvpcConfiguration: { ...configuration, assignPublicIp: 'DISABLED' },
    },
  };
}
