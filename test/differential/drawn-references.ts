import fc from 'fast-check';

const id = (digit: number): string => {
  const four = String(digit).repeat(4);
  return `${four}${four}-${four}-${four}-${four}-${four.repeat(3)}`;
};

/** Block documents as Prefect returns them. */
export const blockDocuments = [
  { id: id(1), name: 's', block_type: { slug: 'secret' }, data: { value: 'sec' } },
  {
    id: id(2),
    name: 'j',
    block_type: { slug: 'json' },
    data: { value: { k: { 'n-k': 'v' }, list: [{ a: 1 }, 2], values: 3, nul: null, value: 7 } },
  },
  {
    id: id(3),
    name: 'c',
    block_type: { slug: 'aws-credentials' },
    data: {
      aws_access_key_id: 'AK',
      region_name: null,
      nested: { b: '{{ prefect.blocks.secret.s }}', v: '{{ prefect.variables.v }}' },
    },
  },
  { id: id(4), name: 'n', block_type: { slug: 'secret' }, data: { value: null } },
];

export const prefectVariables: Readonly<Record<string, unknown>> = {
  v: 5,
  o: { a: [1] },
  s: 'text',
  b: true,
  blk: '{{ prefect.blocks.secret.s }}',
  vv: '{{ prefect.variables.s }}',
  n: null,
};

const blockPaths = [
  'secret.s',
  'secret.s.value',
  'secret.s.foo',
  'json.j',
  'json.j.k.n-k',
  'json.j.value.k',
  'json.j.list[0].a',
  'json.j.list[5]',
  'json.j.values',
  'json.j[list]',
  'aws-credentials.c',
  'aws-credentials.c.region_name',
  'aws-credentials.c.nested.v',
  'aws-credentials.c.nope',
  'secret',
  'secret.gone',
  'secret.n',
  'secret.n.x',
  'json.j.value[k]',
  'json.j.value',
  'json.j.nul',
  'json.j.list.-1',
  'json.j.value.value',
  'secret.s.0',
];

const block = fc.constantFrom(...blockPaths).map((name) => `{{ prefect.blocks.${name} }}`);

const variable = fc
  .constantFrom('v', 'o', 's', 'b', 'blk', 'vv', 'gone', 'n', 'a.b')
  .map((name) => `{{ prefect.variables.${name} }}`);

const text = fc.oneof(
  block,
  variable,
  fc
    .array(fc.oneof(block, variable, fc.constantFrom('a', '{{ x }}', '-', ' ')), { maxLength: 3 })
    .map((pieces) => pieces.join('')),
);

const reference = fc.constantFrom<unknown>(
  ...blockDocuments.map((one) => ({ $ref: { block_document_id: one.id } })),
  { $ref: { block_document_id: '00000000-0000-0000-0000-000000000000' } },
  { $ref: { other: 1 } },
  { $ref: { block_document_id: '' } },
  { $ref: { block_document_id: null } },
  { $ref: {}, x: '{{ prefect.variables.v }}' },
  { $ref: '#/definitions/x' },
  { $ref: { block_document_id: id(1) }, sibling: 1 },
);

/** Templates that refer to blocks and variables: existing, missing and malformed. */
export const referringJson: fc.Arbitrary<unknown> = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    { weight: 5, arbitrary: text },
    reference,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('json'), { noNullPrototype: true }),
  ),
})).json;
