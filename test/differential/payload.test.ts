import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases, seed } from './amount.ts';
import { drawnBundle, type DrawnBundle } from './bundles.ts';
import { compareLaunch, type Payload } from './comparison.ts';
import { isDocument } from './differences.ts';
import { payloadDecisions } from './ours.ts';
import { startReference, type Reference } from './reference.ts';
import { retrievedAs } from './retrieved.ts';

type Document = Readonly<Record<string, unknown>>;

/** The same launch again, with `definition` registered at AWS in the drawn form. */
function secondLaunch({ bundle, again }: DrawnBundle, definition: Document): Document {
  const aws = isDocument(bundle['aws']) ? bundle['aws'] : {};
  const known = Array.isArray(aws['task_definitions']) ? aws['task_definitions'] : [];
  const retrieved = retrievedAs(again, definition);
  return {
    ...bundle,
    cached_task_definition_arn: retrieved['taskDefinitionArn'],
    aws: { ...aws, task_definitions: [...known, retrieved] },
  };
}

/** Python's payloads as botocore validates and serializes them, ours as sent. */
describe('Payloads of the Python worker and ours', () => {
  let reference: Reference;
  beforeAll(() => {
    reference = startReference();
  });
  afterAll(() => reference[Symbol.asyncDispose]());

  it(`differ only on purpose in ${cases} drawn launches (seed ${seed})`, async () => {
    const used = new Set<string>();
    let launches = 0;
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(drawnBundle, async (drawn) => {
        const compare = async (bundle: Document): Promise<Payload> => {
          const { python, ours, differences } = await compareLaunch(reference, bundle, used);
          expect(differences).toEqual([]);
          if (python.error === null) launches += 1;
          if ([python, ours].every(({ error }) => error?.name === 'ParamValidationError'))
            refusals += 1;
          return ours;
        };
        const { register_task_definition: registered } = await compare(drawn.bundle);
        if (registered !== null && drawn.again !== 'nothing')
          await compare(secondLaunch(drawn, registered));
      }),
      { numRuns: cases, seed },
    );
    console.warn(`Of ${cases} cases ${launches} were launched in Python; both refused ${refusals}`);
    expect(launches).toBeGreaterThan(cases / 3);
    expect(refusals).toBeGreaterThan(cases / 50);
    const dead = payloadDecisions.filter(
      ({ rule, reason, isRare }) => isRare !== true && !used.has(rule + reason),
    );
    expect(
      dead.map(({ rule }) => rule),
      'decisions that explain nothing',
    ).toEqual([]);
  });
});
