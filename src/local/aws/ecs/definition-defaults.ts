import type { RegisterTaskDefinitionInput } from './definition-input.ts';
import { sizeInUnits } from './fargate.ts';

/** The values that ECS fills in when it registers (aws-ecs.md B.5.1). */
export function withDefaults(document: RegisterTaskDefinitionInput): RegisterTaskDefinitionInput {
  const sharesPorts = document.networkMode === 'awsvpc' || document.networkMode === 'host';
  const { cpu, memory } = sizeInUnits(document.cpu, document.memory);
  return {
    volumes: [],
    placementConstraints: [],
    ...document,
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    containerDefinitions: reordered(document.containerDefinitions).map((container) => ({
      cpu: 0,
      essential: true,
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
      ...container,
      environment: reordered(container.environment ?? []),
      ...(container.secrets !== undefined && { secrets: reordered(container.secrets) }),
      portMappings: (container.portMappings ?? []).map((mapping) => ({
        protocol: 'tcp',
        ...mapping,
        hostPort: mapping.hostPort ?? (sharesPorts ? mapping.containerPort : 0),
      })),
      ...(container.healthCheck !== undefined && {
        healthCheck: { interval: 30, timeout: 5, retries: 3, ...container.healthCheck },
      }),
    })),
  };
}

/**
 * ECS does not keep the order of these lists (aws-ecs.md B.5.1). Ours depends on the digits of the
 * names, so that a test sees the same order every time.
 */
function reordered<T extends { readonly name?: string | undefined }>(items: readonly T[]): T[] {
  const rank = ({ name = '' }: T): number =>
    Array.from(name).reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
  return [...items].sort((one, other) => rank(one) - rank(other));
}
