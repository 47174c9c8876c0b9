import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { awsShapes, type Shape } from '../aws-model/shapes.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { aJob } from './a-job.test-support.ts';
import { checkParameters } from './check-parameters.ts';
import { runRequestFor } from './run-request.ts';
import { taskDefinitionFor } from './task-definition.ts';

function refusalOf(changes: Partial<EcsJob>, rules = { allowsUnknown: false }): string {
  try {
    checkParameters(aJob(changes), 'us-east-1', rules);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
  }
  return 'nothing';
}

describe('For any valid document', () => {
  const structures = ['RegisterTaskDefinitionRequest', 'RunTaskRequest'] as const;
  const jobOf = (structure: string, document: JsonObject): Partial<EcsJob> =>
    structure === 'RunTaskRequest'
      ? { taskRunRequest: { ...document, taskDefinition: 'f:1' } }
      : { taskDefinition: document };
  const drawn = fc
    .constantFrom(...structures)
    .chain((structure) => validDocument(structure).map((document) => ({ structure, document })));
  const builtFor = (structure: string, document: JsonObject): JsonObject => {
    const job = aJob(jobOf(structure, document));
    if (structure !== 'RunTaskRequest') return taskDefinitionFor(job, 'eu-west-1');
    const facts = { definition: {}, containerName: 'prefect', networkConfiguration: undefined };
    return runRequestFor(job, facts).requestWith({ definitionArn: 'f:1', newlyRegistered: false });
  };
  /** Any place in it that a predicate takes, by a drawn number. */
  const place = (isWanted: (place: Place) => boolean) =>
    fc.tuple(drawn, fc.nat()).map(([{ structure, document }, number]) => {
      const places = placesIn(document, structure).filter(isWanted);
      return { structure, place: places[number % places.length] };
    });

  it('nothing is refused', () => {
    fc.assert(
      fc.property(drawn, ({ structure, document }) => {
        expect(refusalOf(jobOf(structure, document))).toBe('nothing');
      }),
      { numRuns: 500 },
    );
  });

  it('an unknown key at any depth is refused with its path, or sent if the setting allows it', () => {
    const value = fc.constantFrom<Json>('x', 1, false, ['x'], { name: 'x' });
    const insertion = fc.tuple(
      place(({ shape }) => shape.kind === 'structure'),
      value,
    );

    fc.assert(
      fc.property(insertion, ([{ structure, place: chosen }, inserted]) => {
        if (chosen === undefined || !isJsonObject(chosen.value))
          throw new Error('the whole is a structure');
        const document = chosen.with({ ...chosen.value, 'un-known': inserted });

        expect(refusalOf(jobOf(structure, document))).toContain(
          `Unknown parameter in ${chosen.path === '' ? 'input' : chosen.path}: "un-known", must be one of: `,
        );
        expect(refusalOf(jobOf(structure, document), { allowsUnknown: true })).toBe('nothing');
        // A tag without a key is dropped, whatever else it has (worker.md 7 rule 15).
        if (
          structure === 'RunTaskRequest' &&
          chosen.path.startsWith('tags') &&
          !('key' in chosen.value)
        )
          return;
        expect(JSON.stringify(builtFor(structure, document))).toContain(
          `"un-known":${JSON.stringify(inserted)}`,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('a value of a wrong type at any depth is refused with its path', () => {
    const wrongKinds: Readonly<Record<string, readonly Json[]>> = {
      text: [['x'], { x: 'y' }],
      integer: ['x', [1], { x: 1 }],
      boolean: ['true', 1, [true]],
      list: ['x', 5],
      map: ['x', ['x'], 5],
      structure: ['x', ['x'], 5],
    };
    const replacement = fc.tuple(
      place(({ path }) => path !== '' && !isConverted(path) && path !== 'taskDefinition'),
      fc.nat(),
    );

    fc.assert(
      fc.property(replacement, ([{ structure, place: chosen }, number]) => {
        if (chosen === undefined) return;
        const wrongs = wrongKinds[chosen.shape.kind] ?? [];
        const document = chosen.with(wrongs[number % wrongs.length] ?? 'x');

        expect(refusalOf(jobOf(structure, document))).toContain(
          `Invalid type for parameter ${chosen.path}, `,
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Where more is taken than AWS takes: the tables above have these. */
function isConverted(path: string): boolean {
  return /(^|\.)(cpu|memory|memoryReservation)$|^overrides\.containerOverrides\[\d+\]\.(command|environment)|^tags/.test(
    path,
  );
}

const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9./:-]{0,8}$/);

/** Documents of every form that a structure of AWS's may have, none of them with an empty value. */
function validDocument(structure: string, depth = 0): fc.Arbitrary<JsonObject> {
  const { members, required } = awsShapes.get(structure) ?? {
    members: new Map<string, Shape>(),
    required: [],
  };
  const all = Object.fromEntries(
    [...members].map(([name, shape]) => [name, validValue(shape, depth)]),
  );
  const spare = [...members.keys()].filter((name) => !required.includes(name));
  // Deeper down only what has to be there, and one or two more, or the documents have no end.
  const maxLength = Math.min(spare.length, depth === 0 ? 6 : 2);
  const optional = fc.subarray(spare, { minLength: Math.min(1, maxLength), maxLength });
  return optional.chain((names) =>
    fc.record(
      Object.fromEntries(
        [...required, ...names].map((name) => [name, all[name] ?? fc.constant('x')]),
      ),
    ),
  );
}

function validValue(shape: Shape, depth: number): fc.Arbitrary<Json> {
  switch (shape.kind) {
    case 'integer':
      return fc.integer({ min: 0, max: 70_000 });
    case 'boolean':
      return fc.boolean();
    case 'list':
      return fc.array(validValue(shape.of, depth), { minLength: 1, maxLength: 2 });
    case 'map':
      return fc.dictionary(word, validValue(shape.of, depth), { minKeys: 1, maxKeys: 2 });
    case 'structure':
      return validDocument(shape.name, depth + 1);
    case 'text':
    case 'size':
    case 'scalar':
    case 'any':
    case 'choice':
      return word;
  }
}

/** A place in a document, and what AWS takes there. */
interface Place {
  /** As botocore writes it; '' is the whole. */
  readonly path: string;
  readonly shape: Shape;
  readonly value: Json;
  /** The document with something else in this place. */
  readonly with: (value: Json) => JsonObject;
}

/** The whole, and everything in it. */
function placesIn(document: JsonObject, structure: string): readonly Place[] {
  // The whole is replaced by objects alone.
  const whole = (value: Json): JsonObject => (isJsonObject(value) ? value : {});
  return placesBelow({
    path: '',
    shape: { kind: 'structure', name: structure },
    value: document,
    with: whole,
  });
}

function placesBelow(place: Place): readonly Place[] {
  const { path, shape, value } = place;
  const inner: Place[] = [];
  if (Array.isArray(value) && shape.kind === 'list') {
    const items: readonly Json[] = value;
    for (const [at, item] of items.entries()) {
      const replaced = (other: Json): Json => items.with(at, other);
      inner.push({
        path: `${path}[${at}]`,
        shape: shape.of,
        value: item,
        with: (other) => place.with(replaced(other)),
      });
    }
  }
  if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const of =
        shape.kind === 'structure' ? awsShapes.get(shape.name)?.members.get(name) : itemOf(shape);
      if (of === undefined) continue;
      const replaced = (other: Json): Json => ({ ...value, [name]: other });
      const below = path === '' ? name : `${path}.${name}`;
      inner.push({
        path: below,
        shape: of,
        value: member,
        with: (other) => place.with(replaced(other)),
      });
    }
  }
  return [place, ...inner.flatMap((one) => placesBelow(one))];
}

function itemOf(shape: Shape): Shape | undefined {
  return shape.kind === 'map' ? shape.of : undefined;
}
