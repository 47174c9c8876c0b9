// npm run aws-shapes: writes src/core/aws-model/shape-table.ts from the AWS SDK's schemas. Run it
// after each SDK update: a test compares the file with the installed SDK (--check).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NormalizedSchema } from '@smithy/core/schema';
import * as ecs from '@aws-sdk/client-ecs';
import * as sts from '@aws-sdk/client-sts';
import { main, root } from './lib/project.mjs';

const target = join(root, 'src', 'core', 'aws-model', 'shape-table.ts');

/** Inputs that users' values reach, and the prefix of their structures: both have a `Tag`. */
const inputs = [
  { schema: ecs.RegisterTaskDefinitionRequest$, prefix: '' },
  { schema: ecs.RunTaskRequest$, prefix: '' },
  { schema: ecs.TagResourceRequest$, prefix: '' },
  { schema: sts.AssumeRoleRequest$, prefix: 'Sts' },
];

/** The SDK lists required members first; this item of the schema is their number. */
const requiredCountAt = 6;

/** Makes the whole text of the file. */
function shapeTableFile() {
  const shapes = new Map();
  for (const { schema, prefix } of inputs) collect(NormalizedSchema.of(schema), prefix, shapes);
  const members = (schema) =>
    [...NormalizedSchema.of(schema).structIterator()].map(([name]) => name);
  const taken = new Set(members(ecs.RegisterTaskDefinitionRequest$));
  const readOnly = members(ecs.TaskDefinition$).filter((name) => !taken.has(name));
  const lines = [...shapes].flatMap(([name, fields]) => wrapped(`${name}: ${fields.join(' ')}`));
  return [
    "// Made by scripts/aws-shapes.mjs from the AWS SDK's schemas. Do not edit.",
    '',
    '/** One structure a paragraph: `member:type`, default text; `*` required, `[]` list, `{}` map. */',
    `export const shapeTable = \``,
    ...lines,
    '`;',
    '',
    '/** Members that DescribeTaskDefinition returns and RegisterTaskDefinition does not accept. */',
    'export const readOnlyOfDefinition: ReadonlySet<string> = new Set([',
    ...readOnly.map((name) => `  '${name}',`),
    ']);',
    '',
  ].join('\n');
}

function collect(schema, prefix, shapes) {
  const name = prefix + schema.getName();
  if (shapes.has(name)) return;
  const fields = [];
  shapes.set(name, fields);
  const requiredCount = schema.getSchema()[requiredCountAt] ?? 0;
  for (const [member, memberSchema] of schema.structIterator()) {
    const type = typeOf(memberSchema, prefix, shapes);
    const mark = fields.length < requiredCount ? '*' : '';
    fields.push(`${member}${mark}${type === 'text' ? '' : `:${type}`}`);
  }
}

function typeOf(schema, prefix, shapes) {
  if (schema.isListSchema()) return `${typeOf(schema.getValueSchema(), prefix, shapes)}[]`;
  if (schema.isMapSchema()) return `${typeOf(schema.getValueSchema(), prefix, shapes)}{}`;
  if (schema.isBooleanSchema()) return 'boolean';
  // The schemas do not distinguish integers. A test with botocore's models shows that all of these
  // numbers are integers.
  if (schema.isNumericSchema()) return 'integer';
  if (schema.isStringSchema()) return 'text';
  if (!schema.isStructSchema())
    throw new Error(`${schema.getName(true)} has an unknown kind of schema`);
  collect(schema, prefix, shapes);
  return prefix + schema.getName();
}

const widest = 100;

function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= widest) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines;
}

await main(() => {
  if (!process.argv.includes('--check')) return writeFileSync(target, shapeTableFile());
  if (readFileSync(target, 'utf8') !== shapeTableFile())
    throw new Error('The table is out of date.');
});
