import type { Again } from './bundles.ts';
import { isDocument } from './differences.ts';

type Document = Readonly<Record<string, unknown>>;

/** A registered definition as DescribeTaskDefinition returns it. */
export function retrievedAs(again: Again, definition: Document): Document {
  const family = String(definition['family']);
  const { tags: _tags, ...kept } = definition; // ECS stores tags beside the definition
  const answered = {
    ...kept,
    taskDefinitionArn: `arn:aws:ecs:us-east-1:123456789012:task-definition/${family}:1`,
    revision: 1,
    status: 'ACTIVE',
    registeredAt: '2026-02-01T08:00:00+00:00',
    compatibilities: ['EC2', 'FARGATE'],
    requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.docker-remote-api.1.18' }],
  };
  const containers = containersOf(definition);
  switch (again) {
    case 'with defaults':
      return {
        ...answered,
        volumes: [],
        placementConstraints: [],
        containerDefinitions: containers.map(withDefaults),
      };
    case 'reordered':
      return { ...answered, containerDefinitions: containers.map(reordered) };
    case 'changed':
      return {
        ...answered,
        containerDefinitions: containers.map((one) => ({ ...one, image: 'another:1' })),
      };
    case 'nothing':
    case 'as registered':
      return answered;
  }
}

function containersOf(definition: Document): readonly Document[] {
  const containers = definition['containerDefinitions'];
  return Array.isArray(containers) ? containers.filter(isDocument) : [];
}

function withDefaults(container: Document): Document {
  return {
    cpu: 0,
    essential: true,
    portMappings: [],
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
  };
}

function reordered(container: Document): Document {
  return Object.fromEntries(
    Object.entries(container).map(([key, value]) => [
      key,
      Array.isArray(value) && ['environment', 'secrets'].includes(key)
        ? value.map((_, at) => value.at(-1 - at) as unknown)
        : value,
    ]),
  );
}
