import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { fingerprintOf } from './canonical-definition.ts';
import { sameDefinition } from './same-definition.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,7}$/);
const text = fc.string({ minLength: 1, maxLength: 12 });

function unique<T extends JsonObject>(item: fc.Arbitrary<T>, key: string): fc.Arbitrary<T[]> {
  return fc.uniqueArray(item, { maxLength: 4, selector: (one) => one[key] });
}

/** Some of the keys, as users leave out what they do not need. */
function some(keys: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<JsonObject> {
  return fc
    .record(keys, { requiredKeys: [] })
    .map((drawn) =>
      Object.fromEntries(
        Object.entries(drawn).flatMap(([key, value]): [string, Json][] =>
          value === undefined ? [] : [[key, value]],
        ),
      ),
    );
}

const container = fc
  .tuple(
    fc.record({ name: word, image: text }),
    some({
      cpu: fc.integer({ min: 1, max: 4096 }),
      memory: fc.integer({ min: 6, max: 4096 }),
      memoryReservation: fc.integer({ min: 6, max: 4096 }),
      essential: fc.boolean(),
      command: fc.array(text, { minLength: 1, maxLength: 3 }),
      entryPoint: fc.array(text, { minLength: 1, maxLength: 3 }),
      workingDirectory: text,
      user: word,
      privileged: fc.constant(true),
      readonlyRootFilesystem: fc.constant(true),
      startTimeout: fc.integer({ min: 2, max: 120 }),
      stopTimeout: fc.integer({ min: 2, max: 120 }),
      environment: unique(fc.record({ name: word, value: fc.string({ maxLength: 5 }) }), 'name'),
      secrets: unique(fc.record({ name: word, valueFrom: text }), 'name'),
      environmentFiles: unique(fc.record({ value: text, type: fc.constant('s3') }), 'value'),
      portMappings: fc.array(
        fc.oneof(
          fc.record({ containerPort: fc.integer({ min: 1, max: 9999 }) }),
          fc.record({
            containerPort: fc.integer({ min: 1, max: 9999 }),
            protocol: fc.constantFrom('tcp', 'udp'),
            name: word,
          }),
        ),
        { maxLength: 2 },
      ),
      mountPoints: unique(
        fc.record({ sourceVolume: word, containerPath: text, readOnly: fc.constant(true) }),
        'containerPath',
      ),
      dependsOn: unique(
        fc.record({ containerName: word, condition: fc.constantFrom('START', 'HEALTHY') }),
        'containerName',
      ),
      ulimits: unique(
        fc.record({
          name: word,
          softLimit: fc.integer({ min: 0, max: 9 }),
          hardLimit: fc.integer({ min: 0, max: 9 }),
        }),
        'name',
      ),
      healthCheck: fc.oneof(
        fc.record({ command: fc.array(text, { minLength: 1, maxLength: 2 }) }),
        fc.record({
          command: fc.array(text, { minLength: 1, maxLength: 2 }),
          interval: fc.integer({ min: 5, max: 300 }),
          startPeriod: fc.integer({ min: 1, max: 300 }),
        }),
      ),
      logConfiguration: fc.record({
        logDriver: fc.constant('awslogs'),
        options: fc.dictionary(word, text, { minKeys: 1, maxKeys: 3 }),
      }),
      dockerLabels: fc.dictionary(word, text, { minKeys: 1, maxKeys: 2 }),
      linuxParameters: fc.record({ initProcessEnabled: fc.constant(true) }),
      'x-unknown': text,
    }),
  )
  .map(([always, maybe]): JsonObject => ({ ...always, ...maybe }));

const definition = fc
  .tuple(
    fc.record({
      family: word,
      containerDefinitions: fc.uniqueArray(container, {
        minLength: 1,
        maxLength: 3,
        selector: (one) => one['name'],
      }),
    }),
    some({
      cpu: fc.constantFrom('256', '1024', '1 vCPU', '.5 vCPU'),
      memory: fc.constantFrom('512', '2048', '2 GB'),
      networkMode: fc.constantFrom('awsvpc', 'bridge', 'host'),
      requiresCompatibilities: fc.subarray(['FARGATE', 'EC2', 'EXTERNAL'], { minLength: 1 }),
      executionRoleArn: text,
      taskRoleArn: text,
      volumes: unique(fc.record({ name: word, host: fc.record({ sourcePath: text }) }), 'name'),
      runtimePlatform: fc.record({ cpuArchitecture: fc.constantFrom('X86_64', 'ARM64') }),
      ephemeralStorage: fc.record({ sizeInGiB: fc.integer({ min: 21, max: 200 }) }),
      placementConstraints: fc.array(
        fc.record({ type: fc.constant('memberOf'), expression: text }),
        {
          maxLength: 2,
        },
      ),
      pidMode: fc.constant('task'),
    }),
  )
  .map(([always, maybe]): JsonObject => ({ ...always, ...maybe }));

/** A chance that fast-check can replay and shrink. */
type Draw = (most: number) => number;
const draws = fc.array(fc.nat(), { minLength: 60, maxLength: 60 }).map((numbers): Draw => {
  let at = 0;
  return (most) => (numbers[(at += 1) % numbers.length] ?? 0) % most;
});

function shuffled(items: readonly Json[], draw: Draw): Json[] {
  const left = [...items];
  const order: Json[] = [];
  while (left.length > 0) order.push(...left.splice(draw(left.length), 1));
  return order;
}

const unordered = [
  'containerDefinitions',
  'environment',
  'secrets',
  'environmentFiles',
  'volumes',
  'ulimits',
  'mountPoints',
  'dependsOn',
  'requiresCompatibilities',
];

/** Everything that has no order in another order, keys of objects included. */
function permuted(value: Json, draw: Draw, key = ''): Json {
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => permuted(item, draw));
    return unordered.includes(key) ? shuffled(items, draw) : items;
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]): [string, Json] => [
    name,
    permuted(inner, draw, name),
  ]);
  const order = shuffled(
    entries.map(([name]) => name),
    draw,
  );
  return Object.fromEntries(
    order.map((name): [string, Json] => [
      String(name),
      Object.fromEntries(entries)[String(name)] ?? null,
    ]),
  );
}

/**
 * The definition as RegisterTaskDefinition and DescribeTaskDefinition return it: with defaults
 * filled in and lists in another order (aws-ecs.md B.5.1).
 */
function asEcsAnswers(given: JsonObject, draw: Draw): JsonObject {
  const networkMode = given['networkMode'];
  const containers = Array.isArray(given['containerDefinitions'])
    ? given['containerDefinitions']
    : [];
  const filled = containers.map((one: Json) => ({
    cpu: 0,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    essential: true,
    ...(isJsonObject(one) && {
      ...one,
      portMappings: (Array.isArray(one['portMappings']) ? one['portMappings'] : []).map(
        (mapping: Json) => ({
          hostPort:
            networkMode === 'awsvpc' || networkMode === 'host'
              ? isJsonObject(mapping)
                ? (mapping['containerPort'] ?? 0)
                : 0
              : 0,
          protocol: 'tcp',
          ...(isJsonObject(mapping) && mapping),
        }),
      ),
      ...(isJsonObject(one['healthCheck']) && {
        healthCheck: { interval: 30, timeout: 5, retries: 3, ...one['healthCheck'] },
      }),
    }),
  }));
  const sizes: Readonly<Record<string, string>> = {
    '1 vCPU': '1024',
    '.5 vCPU': '512',
    '2 GB': '2048',
  };
  const answered: JsonObject = {
    volumes: [],
    placementConstraints: [],
    ...given,
    ...(typeof given['cpu'] === 'string' && { cpu: sizes[given['cpu']] ?? given['cpu'] }),
    ...(typeof given['memory'] === 'string' && {
      memory: sizes[given['memory']] ?? given['memory'],
    }),
    containerDefinitions: filled,
    taskDefinitionArn: `arn:aws:ecs:eu-west-1:111122223333:task-definition/${String(given['family'])}:7`,
    revision: 7,
    status: 'ACTIVE',
    compatibilities: ['EC2', 'FARGATE'],
    requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
    registeredAt: 1_700_000_000.5,
    registeredBy: 'arn:aws:iam::111122223333:role/somebody',
  };
  const answer = permuted(answered, draw);
  return isJsonObject(answer) ? answer : {};
}

/** Where a document has plain values, as lists of keys and indexes. */
function leavesOf(
  value: Json,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.flatMap((item: Json, at) => leavesOf(item, [...path, at]));
  if (isJsonObject(value))
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
  return [path];
}

function changedAt(value: Json, [step, ...rest]: readonly (string | number)[]): Json {
  if (step === undefined) {
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'boolean') return !value;
    return changedText(String(value));
  }
  if (Array.isArray(value))
    return value.map((item: Json, at) => (at === step ? changedAt(item, rest) : item));
  if (!isJsonObject(value)) return value;
  return { ...value, [step]: changedAt(value[step] ?? null, rest) };
}

/** Sizes stay sizes: `1 vCPU` is `1024` in other words, `1 vCPUx` is nothing. */
function changedText(value: string): string {
  const others: Readonly<Record<string, string>> = {
    '1 vCPU': '2 vCPU',
    '.5 vCPU': '.25 vCPU',
    '2 GB': '3 GB',
  };
  return others[value] ?? `${value}x`;
}

/** The keys of a path, without the places in lists: sorting moves those. */
function keysOf(path: string): string {
  return path
    .split('/')
    .filter((step) => step !== '' && !/^\d+$/.test(step))
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('/');
}

const seeded = { seed: 20_261_124 };

describe('The comparison of random definitions', () => {
  it("recognizes each one in ECS's answer, in any order and with all defaults", () => {
    fc.assert(
      fc.property(definition, draws, (ours, draw) => {
        const theirs = asEcsAnswers(ours, draw);

        expect(sameDefinition(ours, theirs)).toEqual({ same: true, differences: [] });
        expect(fingerprintOf(theirs)).toBe(fingerprintOf(ours));
      }),
      { numRuns: 1_000, ...seeded },
    );
  });

  it('finds every change of one real value, with its path', () => {
    fc.assert(
      fc.property(definition, draws, (ours, draw) => {
        const leaves = leavesOf(ours);
        const leaf = leaves[draw(leaves.length)] ?? [];
        const changed = changedAt(ours, leaf);
        if (!isJsonObject(changed)) throw new Error('a definition stays an object');

        const { same, differences } = sameDefinition(changed, asEcsAnswers(ours, draw));

        const keys = leaf.filter((step) => typeof step === 'string').join('/');
        expect(same).toBe(false);
        // An object that holds nothing but defaults is none: then the path is that of the object.
        const around = keys.slice(0, Math.max(0, keys.lastIndexOf('/')));
        expect(differences.map(({ path }) => keysOf(path))).toSatisfy((paths: readonly string[]) =>
          paths.some((path) => path === keys || (path === around && leaf.length > 1)),
        );
        expect(fingerprintOf(changed)).not.toBe(fingerprintOf(ours));
      }),
      { numRuns: 2_000, ...seeded },
    );
  });
});
