import { createHash } from 'node:crypto';
import { JsonObject } from './fields.ts';
import { HttpError } from './http.ts';
import type { BlockDocument, BlockSchema, BlockType } from './records.ts';
import type { World } from './world.ts';

type Document = Readonly<Record<string, unknown>>;

const mask = '********';

/**
 * A document as it is read: with referenced documents included, and secrets masked unless
 * requested.
 */
export function showBlock(
  world: World,
  block: BlockDocument,
  includeSecrets: boolean,
): Record<string, unknown> {
  const { references, ...shown } = block;
  const type = world.blockTypes.get(block.block_type_id);
  const schema = world.blockSchemas.get(block.block_schema_id);
  return {
    ...shown,
    data: fullData(world, block, includeSecrets),
    block_schema: schema === undefined ? null : showSchema(world, schema),
    block_type_name: type?.name ?? null,
    block_type: type ?? null,
    block_document_references: showReferences(world, references),
  };
}

export function showSchema(world: World, schema: BlockSchema): Record<string, unknown> {
  return { ...schema, block_type: world.blockTypes.get(schema.block_type_id) ?? null };
}

function showReferences(
  world: World,
  references: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(references).flatMap(([key, id]) => {
      const block = world.blockDocuments.get(id);
      if (block === undefined) return [];
      const { name, is_anonymous } = block;
      const block_type = world.blockTypes.get(block.block_type_id) ?? null;
      const inner = showReferences(world, block.references);
      return [
        [
          key,
          {
            block_document: {
              id,
              name,
              block_type,
              is_anonymous,
              block_document_references: inner,
            },
          },
        ],
      ];
    }),
  );
}

function fullData(world: World, block: BlockDocument, includeSecrets: boolean): Document {
  const referred = Object.entries(block.references).flatMap(([key, id]) => {
    const other = world.blockDocuments.get(id);
    return other === undefined ? [] : [[key, fullData(world, other, includeSecrets)] as const];
  });
  const fields = world.blockSchemas.get(block.block_schema_id)?.fields['secret_fields'];
  const secrets = Array.isArray(fields) ? fields.map(String) : [];
  const own = includeSecrets ? block.data : secrets.reduce<Document>(masked, block.data);
  return { ...own, ...Object.fromEntries(referred) };
}

/** `s`, `d.key`, `d.*`: masks the value there, at any depth. */
function masked(data: Document, path: string): Document {
  const [first = '', ...rest] = path.split('.');
  const keys = first === '*' ? Object.keys(data) : first in data ? [first] : [];
  const changed = keys.map((key) => [key, maskedValue(data[key], rest)] as const);
  return { ...data, ...Object.fromEntries(changed) };
}

function maskedValue(value: unknown, rest: readonly string[]): unknown {
  if (value === null || value === undefined) return value;
  if (rest.length > 0) {
    const object = JsonObject.safeParse(value);
    return object.success ? masked(object.data, rest.join('.')) : value;
  }
  const object = JsonObject.safeParse(value);
  return object.success
    ? Object.fromEntries(
        Object.entries(object.data).map(([key, inner]) => [key, maskedValue(inner, [])]),
      )
    : mask;
}

/** `{"$ref": {"block_document_id": ...}}` at the top of the data becomes a reference. */
export function splitReferences(data: Document): Pick<BlockDocument, 'data' | 'references'> {
  const references = new Map<string, string>();
  const own = new Map<string, unknown>();
  for (const [key, value] of Object.entries(data)) {
    const reference = JsonObject.safeParse(JsonObject.safeParse(value).data?.['$ref']).data;
    const id = reference?.['block_document_id'];
    if (typeof id === 'string') references.set(key, id.toLowerCase());
    else own.set(key, value);
  }
  return { data: Object.fromEntries(own), references: Object.fromEntries(references) };
}

interface BlockFacts {
  readonly name: string | null;
  readonly data: Document;
  readonly block_schema_id: string;
  readonly block_type_id: string;
  readonly is_anonymous: boolean;
}

export function createBlock(world: World, facts: BlockFacts): BlockDocument {
  const name = facts.name ?? (facts.is_anonymous ? `anonymous-${world.ids.uuid()}` : null);
  const known = world.blockDocuments.find(
    (block) => block.block_type_id === facts.block_type_id && block.name === name,
  );
  if (known !== undefined) throw new HttpError(409, { detail: 'Block already exists' });
  return world.blockDocuments.put({
    ...world.row(),
    ...facts,
    name,
    ...splitReferences(facts.data),
  });
}

export function createBlockType(
  world: World,
  facts: Pick<BlockType, 'name' | 'slug'> & Partial<BlockType>,
): BlockType {
  if (world.blockTypes.find((type) => type.slug === facts.slug) !== undefined) {
    throw new HttpError(409, { detail: `Block type with name "${facts.name}" already exists` });
  }
  return world.blockTypes.put({
    logo_url: null,
    documentation_url: null,
    description: null,
    code_example: null,
    is_protected: false,
    ...facts,
    ...world.row(),
  });
}

interface SchemaFacts {
  readonly fields: Document;
  readonly block_type_id: string;
  readonly capabilities: readonly string[];
  readonly version: string;
}

export function createBlockSchema(
  world: World,
  facts: SchemaFacts,
): { readonly schema: BlockSchema; readonly isNew: boolean } {
  const checksum = checksumOf(facts.fields);
  const known = world.blockSchemas.find(
    (schema) => schema.checksum === checksum && schema.version === facts.version,
  );
  if (known !== undefined) return { schema: known, isNew: false };
  return {
    schema: world.blockSchemas.put({
      ...world.row(),
      ...facts,
      fields: { block_schema_references: {}, ...facts.fields },
      checksum,
    }),
    isNew: true,
  };
}

/**
 * Over the fields with sorted keys. Unlike the server's rule, `description`, `definitions` and
 * `title` are included.
 */
function checksumOf(fields: Document): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify(sorted(fields)))
    .digest('hex')}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const object = JsonObject.safeParse(value);
  if (!object.success) return value;
  const entries = Object.entries(object.data).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
