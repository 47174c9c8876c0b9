import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pyRepr } from '../../src/core/job/py-repr.ts';
import { noOrigins } from '../../src/core/job/origins.ts';
import {
  blockReferencesIn,
  resolveBlocks,
  resolveVariables,
  variableReferencesIn,
} from '../../src/core/job/references.ts';
import { slugOf } from '../../src/core/job/slug.ts';
import { findPlaceholders } from '../../src/core/job/placeholders.ts';
import { applyValues } from '../../src/core/job/template.ts';
import { splitCommand } from '../../src/core/plan/command.ts';
import { JsonRecord, JsonValue } from '../../src/core/prefect/json.ts';
import { clientShapes } from '../../src/core/aws-model/shapes.ts';
import { cases, seed } from './amount.ts';
import { anyText, commandText, slugText, templateJson, templateValues } from './drawn-json.ts';
import { blockDocuments, prefectVariables, referringJson } from './drawn-references.ts';
import { startReference, type Reference, type ReferenceAnswer } from './reference.ts';

/** An intended difference between both answers. */
interface Decision {
  readonly reason: string;
  explains(python: ReferenceAnswer, ours: ReferenceAnswer, input: string): boolean;
}

/** Our answer in the form of the reference's answers. */
function answered(compute: () => unknown): ReferenceAnswer {
  try {
    const value = compute();
    return value === undefined ? { unset: true } : { value };
  } catch (error) {
    const { name, message } =
      error instanceof Error ? error : { name: 'unknown', message: String(error) };
    return { error: { name, message } };
  }
}

describe(`Our worker on ${cases} drawn inputs (seed ${seed})`, () => {
  let reference: Reference;
  beforeAll(() => {
    reference = startReference('all');
  });
  afterAll(() => reference[Symbol.asyncDispose]());

  it.each([
    ['client-options', 'ClientOptions'],
    ['client-parameters', 'ClientParameters'],
    ['role-parameters', 'AssumeRoleParameters'],
  ])(
    'knows the same names of an AwsCredentials block as Python: %s',
    async (operation, structure) => {
      const { value } = await reference.ask({ operation });

      expect([...(clientShapes.get(structure)?.members.keys() ?? [])].sort()).toEqual(value);
    },
  );

  /** Describes the smallest input on which both disagree; undefined if there is none. */
  const disagreement = async <T>(
    inputs: fc.Arbitrary<T>,
    question: (input: T) => Readonly<Record<string, unknown>>,
    ours: (input: T) => unknown,
    decisions: readonly Decision[] = [],
  ): Promise<string | undefined> => {
    const agree = fc.asyncProperty(inputs, async (input) => {
      const python = await reference.ask(question(input));
      const own = answered(() => ours(input));
      if (decisions.some((decision) => decision.explains(python, own, JSON.stringify(input))))
        return;
      expect(own).toEqual(python);
    });
    return (
      (await fc.asyncDefaultReportMessage(await fc.check(agree, { numRuns: cases, seed }))) ??
      undefined
    );
  };

  it('finds the same placeholders as Python', async () => {
    const found = await disagreement(
      templateJson,
      (template) => ({ operation: 'find', template }),
      (template) => [...findPlaceholders(JsonValue.parse(template))].sort(byCodePoint),
    );

    expect(found).toBeUndefined();
  });

  it('fills templates as Python does', async () => {
    const found = await disagreement(
      fc.record({ template: templateJson, values: templateValues }),
      (input) => ({ operation: 'apply', ...input, environment: { FOO: 'bar' } }),
      ({ template, values }) =>
        applyValues(JsonValue.parse(template), {
          values: JsonRecord.parse(values),
          origins: noOrigins,
          environment: { FOO: 'bar' },
        })?.value,
    );

    expect(found).toBeUndefined();
  });

  it('resolves blocks and variables as Python does', async () => {
    const found = await disagreement(
      referringJson,
      (template) => ({
        operation: 'resolve',
        template,
        block_documents: blockDocuments,
        variables: prefectVariables,
      }),
      (template) => resolved(template),
      [
        {
          reason: 'a `$ref` of JSON Schema is no block reference: we leave it alone, Python fails',
          explains: (python) => python.error?.message === "'str' object has no attribute 'get'",
        },
        {
          reason:
            'Python fills a variable inside another one only if its set happens to list it first',
          explains: (python, _ours, input) =>
            python.error === undefined && input.includes('.vv }}') && input.includes('.s }}'),
        },
        {
          reason:
            'of several wrong references Python reports the first in a set, which has no order',
          explains: (python, ours, input) =>
            [python, ours].every(({ error }) => error !== undefined) &&
            input.split(/\{\{|\$ref/).length > 2,
        },
      ],
    );

    expect(found).toBeUndefined();
  });

  it('writes values into text as Python does', async () => {
    const found = await disagreement(
      fc.oneof(templateJson, anyText),
      (value) => ({ operation: 'repr', value }),
      (value) => pyRepr(JsonValue.parse(value)),
    );

    expect(found).toBeUndefined();
  });

  it('makes the same slugs as Python', async () => {
    const found = await disagreement(
      slugText,
      (text) => ({ operation: 'name-slug', text }),
      (text) => slugOf(text),
    );

    expect(found).toBeUndefined();
  });

  it('splits commands as Python does', async () => {
    const found = await disagreement(
      commandText,
      (text) => ({ operation: 'shell-words', text }),
      (text) => splitCommand(text),
    );

    expect(found).toBeUndefined();
  });
});

function resolved(template: unknown): unknown {
  const parsed = JsonValue.parse(template);
  const answers = blockReferencesIn(parsed).map((reference) => ({
    reference,
    document: blockDocuments
      .map((one) => ({
        id: one.id,
        name: one.name,
        typeSlug: one.block_type.slug,
        secretFields: undefined,
        data: JsonRecord.parse(one.data),
      }))
      .find((one) =>
        reference.kind === 'id'
          ? one.id === reference.id
          : one.typeSlug === reference.typeSlug && one.name === reference.name,
      ),
  }));
  const withBlocks = resolveBlocks(parsed, answers, noOrigins).value ?? null;
  const variables = variableReferencesIn(withBlocks).map((name) => ({
    name,
    answer: Object.hasOwn(prefectVariables, name)
      ? ({ kind: 'found', value: JsonValue.parse(prefectVariables[name]) } as const)
      : ({ kind: 'missing' } as const),
  }));
  return resolveVariables(withBlocks, variables, noOrigins).value;
}

/** Python sorts strings by code point, JavaScript by UTF-16 unit. */
function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
