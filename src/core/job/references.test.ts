import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { noOrigins, type Origins } from './origins.ts';
import { originOf, originsFrom } from './origins.test-support.ts';
import {
  blockReferencesIn,
  resolveBlocks,
  resolveVariables,
  variableReferencesIn,
  type BlockAnswer,
} from './references.ts';

const credentialsId = '11111111-1111-4111-8111-111111111111';

const documents: readonly { id: string; slug: string; name: string; data: JsonObject }[] = [
  {
    id: credentialsId,
    slug: 'aws-credentials',
    name: 'c',
    data: { aws_access_key_id: 'AK', region_name: null },
  },
  { id: 'tok', slug: 'secret', name: 'tok', data: { value: 's3cret' } },
  {
    id: 'cfg',
    slug: 'json',
    name: 'cfg',
    data: { value: { k: { 'n-k': 'v' }, list: [{ a: 1 }, 2], values: 3, value: 4 } },
  },
  {
    id: 'nested',
    slug: 'json',
    name: 'nested',
    data: { x: '{{ prefect.blocks.secret.tok }}', y: 1 },
  },
];

function answersFor(template: Json): readonly BlockAnswer[] {
  return blockReferencesIn(template).map((reference) => {
    const found = documents.find((document) =>
      reference.kind === 'id'
        ? document.id === reference.id
        : document.slug === reference.typeSlug && document.name === reference.name,
    );
    return {
      reference,
      document: found && {
        id: found.id,
        name: found.name,
        typeSlug: found.slug,
        secretFields: undefined,
        data: found.data,
      },
    };
  });
}

function withBlocks(template: Json, origins: Origins = noOrigins): unknown {
  return resolveBlocks(template, answersFor(template), origins).value;
}

describe('Block references', () => {
  it('are listed once each, by id or by type and name', () => {
    const template = {
      a: { $ref: { block_document_id: credentialsId } },
      b: [{ $ref: { block_document_id: credentialsId } }, '{{ prefect.blocks.secret.tok.value }}'],
      c: 'x-{{ prefect.blocks.secret.tok }}-{{ other }}',
    };

    expect(blockReferencesIn(template)).toEqual([
      { kind: 'id', id: credentialsId },
      { kind: 'name', typeSlug: 'secret', name: 'tok' },
    ]);
  });

  it('exclude an object without a block id', () => {
    const template = [
      { $ref: '#/definitions/x' },
      { $ref: { other: 1 } },
      { $ref: { block_document_id: '' } },
    ];

    expect(blockReferencesIn(template)).toEqual([]);
    expect(withBlocks(template)).toEqual(template);
  });

  it('are replaced by the whole data, whatever is next to `$ref`', () => {
    const template = { creds: { $ref: { block_document_id: credentialsId }, sibling: true } };

    expect(withBlocks(template)).toEqual({ creds: { aws_access_key_id: 'AK', region_name: null } });
  });

  it.each<[string, Json]>([
    ['secret.tok', 's3cret'],
    ['secret.tok.value', 's3cret'],
    ['json.cfg', { k: { 'n-k': 'v' }, list: [{ a: 1 }, 2], values: 3, value: 4 }],
    ['json.cfg.k.n-k', 'v'],
    ['json.cfg.value.k.n-k', 'v'],
    ['json.cfg.list[0].a', 1],
    ['json.cfg.values', 3],
    ['aws-credentials.c.region_name', null],
  ])('%s is %j', (path, value) => {
    expect(withBlocks(`{{ prefect.blocks.${path} }}`)).toEqual(value);
  });

  it('in a text become text, and leave other placeholders alone', () => {
    expect(withBlocks('a-{{ prefect.blocks.secret.tok }}/{{ prefect.variables.v }}')).toBe(
      'a-s3cret/{{ prefect.variables.v }}',
    );
    expect(withBlocks('r-{{ prefect.blocks.aws-credentials.c.region_name }}')).toBe('r-None');
  });

  it('in a block are not resolved', () => {
    expect(withBlocks('{{ prefect.blocks.json.nested.x }}')).toBe(
      '{{ prefect.blocks.secret.tok }}',
    );
  });

  it('are refused without a name after the type', () => {
    expect(() => blockReferencesIn('{{ prefect.blocks.secret }}')).toThrow(
      "Invalid block placeholder format: 'prefect.blocks.secret'. Expected format: " +
        'prefect.blocks.<block-type-slug>.<block-document-name>',
    );
  });

  it('are refused if the path does not exist', () => {
    expect(() => withBlocks('{{ prefect.blocks.secret.tok.nope }}')).toThrow(
      "Invalid template: '{{ prefect.blocks.secret.tok.nope }}'. Could not resolve the keypath in the block document data.",
    );
  });

  it.each([
    ['json.cfg.k', 'dict'],
    ['json.cfg.list', 'list'],
  ])('are refused in a text if %s is a %s', (path, type) => {
    expect(() => withBlocks(`a {{ prefect.blocks.${path} }}`)).toThrow(
      `Block placeholder '{{ prefect.blocks.${path} }}' resolved to a ${type}, which cannot be used for inline`,
    );
  });

  it('are refused if the block does not exist, with its name or id', () => {
    expect(() => withBlocks('{{ prefect.blocks.secret.gone }}')).toThrow(
      "Block not found: 'gone' of type 'secret'. This block was referenced in your deployment or work pool",
    );
    expect(() => withBlocks({ $ref: { block_document_id: 'no' } })).toThrow(
      "Block not found: ID 'no'.",
    );
    expect(() => withBlocks({ $ref: { block_document_id: 'no' } })).toThrow(
      expect.objectContaining({ name: 'ObjectNotFound' }),
    );
  });

  it("never show a text from the worker's environment in an error", () => {
    const text = 'canary-{{ prefect.blocks.secret.tok.nope }}';
    const resolve = (): unknown =>
      withBlocks({ a: text }, originsFrom({ '/a': 'worker-environment' }));

    expect(resolve).toThrow("Invalid template: '{{ prefect.blocks.secret.tok.nope }}'.");
    expect(resolve).not.toThrow('canary');
    expect(() =>
      withBlocks(
        ['canary{{ prefect.blocks.json.cfg.k }}'],
        originsFrom({ '/0': 'prefect-variable' }),
      ),
    ).not.toThrow('canary');
  });

  it('mark their result as from a block, including the text around them', () => {
    const template = {
      whole: '{{ prefect.blocks.json.cfg.k }}',
      mixed: 'x{{ prefect.blocks.secret.tok }}',
      reference: { $ref: { block_document_id: credentialsId } },
      other: 'o',
    };
    const given = originsFrom({ '/other': 'deployment' });

    const { origins } = resolveBlocks(template, answersFor(template), given);

    expect(originOf(origins, '/whole/n-k')).toBe('block');
    expect(originOf(origins, '/mixed')).toBe('block');
    expect(originOf(origins, '/reference/aws_access_key_id')).toBe('block');
    expect(originOf(origins, '/other')).toBe('deployment');
  });
});

describe('Prefect variables', () => {
  const values: Record<string, Json> = {
    n: 5,
    o: { a: [1] },
    b: true,
    nothing: null,
    'a.b': 'dotted',
  };

  function resolved(template: Json, origins: Origins = noOrigins) {
    const answers = variableReferencesIn(template).map((name) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      return {
        name,
        answer:
          value === undefined
            ? ({ kind: 'missing' } as const)
            : ({ kind: 'found', value } as const),
      };
    });
    return resolveVariables(template, answers, origins);
  }

  it('are listed once each', () => {
    expect(
      variableReferencesIn(['{{ prefect.variables.n }}', { a: 'x{{ prefect.variables.n }}' }, 1]),
    ).toEqual(['n']);
  });

  it.each<[string, Json]>([
    ['{{ prefect.variables.n }}', 5],
    ['{{ prefect.variables.o }}', { a: [1] }],
    ['{{ prefect.variables.nothing }}', null],
    ['{{ prefect.variables.a.b }}', 'dotted'],
    ['{{ prefect.variables.gone }}', ''],
    ['a{{ prefect.variables.b }}b', 'aTrueb'],
    ['a{{ prefect.variables.nothing }}b', 'aNoneb'],
    ['a{{ prefect.variables.gone }}b', 'ab'],
    ['{{ prefect.variables.n }}{{ x }}', '5{{ x }}'],
    ['{{ x }}', '{{ x }}'],
  ])('%s becomes %j', (template, value) => {
    expect(resolved({ key: template }).value).toEqual({ key: value });
  });

  it('mark their result, except that a block stays a block', () => {
    const template = { a: '{{ prefect.variables.o }}', b: '{{ prefect.variables.n }}' };

    const { origins } = resolved(template, originsFrom({ '/b': 'block' }));

    expect(originOf(origins, '/a/a/0')).toBe('prefect-variable');
    expect(originOf(origins, '/b')).toBe('block');
  });
});
