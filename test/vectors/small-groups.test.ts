import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pyRepr } from '../../src/core/job/py-repr.ts';
import { noOrigins } from '../../src/core/job/origins.ts';
import {
  resolveBlocks,
  resolveVariables,
  variableReferencesIn,
  blockReferencesIn,
} from '../../src/core/job/references.ts';
import { slugOf } from '../../src/core/job/slug.ts';
import { findPlaceholders } from '../../src/core/job/placeholders.ts';
import { applyValues } from '../../src/core/job/template.ts';
import { parseIdentifier } from '../../src/core/task/identifier.ts';
import { splitCommand } from '../../src/core/plan/command.ts';
import { validFamily } from '../../src/core/plan/family.ts';
import { maskedForLog, maskSensitiveEnvValues } from '../../src/core/plan/masking.ts';
import { sameDefinition } from '../../src/core/plan/same-definition.ts';
import { cleanTagText } from '../../src/core/plan/tags.ts';
import { BlockDocument } from '../../src/core/prefect/block-document.ts';
import { JsonRecord, JsonValue } from '../../src/core/prefect/json.ts';
import type { Json } from '../../src/kernel/json.ts';
import { casesOf } from './cases.ts';

const Expect = z.union([
  z.object({ value: JsonValue }),
  z.object({ unset: z.literal(true) }),
  z.object({ error: z.object({ name: z.string().nullable(), contains: z.array(z.string()) }) }),
]);

/** Tests every case of a group, which expects a value, no value or an error. */
function vectorsOf<T extends z.ZodType>(
  group: string,
  input: T,
  compute: (input: z.infer<T>) => unknown,
): void {
  const cases = casesOf(group, z.looseObject({ input: z.unknown(), expect: Expect }));
  describe(`A vector of ${group}`, () => {
    it.each(cases.map((one) => [one.id, one] as const))('holds: %s', (_id, one) => {
      const expected: z.infer<typeof Expect> = one.expect;
      const given = input.parse(one.input);
      if ('error' in expected) {
        const error = caught(() => compute(given));
        if (expected.error.name !== null) expect(error.name).toBe(expected.error.name);
        for (const text of expected.error.contains) expect(error.message).toContain(text);
        return;
      }
      expect(compute(given)).toEqual('value' in expected ? expected.value : undefined);
    });
  });
}

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('no error was thrown');
}

vectorsOf('shlex', z.string(), splitCommand);
vectorsOf('tag-slug', z.string(), cleanTagText);
vectorsOf('family-slug', z.string(), validFamily);
vectorsOf('name-slug', z.string(), slugOf);
vectorsOf('pyrepr', JsonValue, pyRepr);
vectorsOf('identifier', z.string(), (text) => {
  const { cluster, taskArn } = parseIdentifier(text);
  return [cluster, taskArn];
});
vectorsOf(
  'task-definition-equality',
  z.object({ generated: JsonRecord.nullable(), retrieved: JsonRecord.nullable() }),
  ({ generated, retrieved }) =>
    generated === null || retrieved === null
      ? generated === retrieved
      : sameDefinition(generated, retrieved).same,
);
vectorsOf(
  'masking',
  z.looseObject({
    operation: z.enum(['mask', 'worker']),
    request: JsonRecord,
    names: z.array(z.string()).optional(),
    keepLength: z.number().optional(),
    replaceWith: z.string().optional(),
  }),
  ({ operation, request, names = [], keepLength, replaceWith }) =>
    operation === 'worker'
      ? maskedForLog(request)
      : maskSensitiveEnvValues(request, names, keepLength, replaceWith),
);
vectorsOf(
  'templating',
  z.looseObject({
    operation: z.enum(['find', 'apply', 'resolve']),
    template: JsonValue,
    values: JsonRecord.optional(),
    environment: z.record(z.string(), z.string()).optional(),
    block_documents: z.array(BlockDocument).optional(),
    variables: z.record(z.string(), JsonValue).optional(),
  }),
  (input) => {
    switch (input.operation) {
      case 'find':
        return [...findPlaceholders(input.template)].sort();
      case 'apply':
        return applyValues(input.template, {
          values: input.values ?? {},
          origins: noOrigins,
          environment: input.environment ?? {},
        })?.value;
      case 'resolve':
        return resolved(input.template, input.block_documents ?? [], input.variables ?? {});
    }
  },
);

function resolved(
  template: Json,
  documents: readonly BlockDocument[],
  variables: Readonly<Record<string, Json>>,
): unknown {
  const answers = blockReferencesIn(template).map((reference) => ({
    reference,
    document: documents.find((document) =>
      reference.kind === 'id'
        ? document.id === reference.id
        : document.typeSlug === reference.typeSlug && document.name === reference.name,
    ),
  }));
  const withBlocks = resolveBlocks(template, answers, noOrigins).value;
  const named = variableReferencesIn(withBlocks).map((name) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return {
      name,
      answer:
        value === undefined ? ({ kind: 'missing' } as const) : ({ kind: 'found', value } as const),
    };
  });
  return resolveVariables(withBlocks, named, noOrigins).value;
}
