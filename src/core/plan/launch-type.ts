import type { JsonObject } from '../../kernel/json.ts';
import { isEmpty, objectsIn, textIn, textsIn } from '../job/shape.ts';

const fargateProviders: readonly (string | undefined)[] = ['FARGATE', 'FARGATE_SPOT'];

/**
 * The one launch type by which definition and request are both prepared (worker.md 4, Q4).
 * Undefined: none, the cluster decides. Asking twice, once for each, is how the Python worker makes
 * EC2 definitions for FARGATE requests.
 */
export function effectiveLaunchType(
  request: JsonObject,
  definition: JsonObject,
): string | undefined {
  const named = textIn(request['launchType']);
  if (named !== undefined) return named;
  if (!isEmpty(request['capacityProviderStrategy'])) {
    const providers = objectsIn(request['capacityProviderStrategy']).map((item) =>
      textIn(item['capacityProvider']),
    );
    return providers.every((provider) => fargateProviders.includes(provider))
      ? 'FARGATE'
      : undefined;
  }
  return textsIn(definition['requiresCompatibilities']).includes('EC2') ? undefined : 'FARGATE';
}

/**
 * Which of AWS's rate limits a launch counts against: Fargate has one of its own
 * (aws-ecs.md B.6.1).
 */
export type LaunchKind = 'fargate' | 'other';

/** Decided by RunTask's input only. Without a capacity, the cluster's default or EC2 applies. */
export function launchKindOf(request: JsonObject): LaunchKind {
  const named = textIn(request['launchType']);
  if (named !== undefined) return isFargate(named) ? 'fargate' : 'other';
  if (isEmpty(request['capacityProviderStrategy'])) return 'other';
  return isFargate(effectiveLaunchType(request, {})) ? 'fargate' : 'other';
}

export function isFargate(launchType: string | undefined): boolean {
  return fargateProviders.includes(launchType) && launchType !== undefined;
}
