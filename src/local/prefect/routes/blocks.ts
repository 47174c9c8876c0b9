import { z } from 'zod';
import {
  createBlock,
  createBlockSchema,
  createBlockType,
  showBlock,
  showSchema,
  splitReferences,
} from '../blocks.ts';
import { JsonObject, Name, Uuid, orNull } from '../fields.ts';
import {
  anyOf,
  AnyIdFilter,
  AnyTextFilter,
  combined,
  every,
  like,
  NameFilter,
  operatorField,
  when,
} from '../filters/criteria.ts';
import { pageFields, pageOf } from '../filters/query.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import type { BlockDocument, BlockType } from '../records.ts';
import { get, remove, takes, type Call, type Route } from '../router.ts';
import type { World } from '../world.ts';

const texts = {
  logo_url: orNull(z.string()),
  documentation_url: orNull(z.string()),
  description: orNull(z.string()),
  code_example: orNull(z.string()),
};
const TypeCreate = z.strictObject({ name: Name, slug: z.string(), ...texts });
const TypeUpdate = z.strictObject(texts);
const TypeFilter = z.strictObject({
  name: z.strictObject({ like_: z.string().nullish() }).nullish(),
  slug: AnyTextFilter.nullish(),
});
const SchemaCreate = z.strictObject({
  fields: JsonObject.default({}),
  block_type_id: Uuid,
  capabilities: z.array(z.string()).default([]),
  version: z.string().default('non-versioned'),
});
const SchemaFilter = z.strictObject({
  ...operatorField,
  block_type_id: AnyIdFilter.nullish(),
  block_capabilities: z.strictObject({ all_: z.array(z.string()).nullish() }).nullish(),
  id: AnyIdFilter.nullish(),
  version: AnyTextFilter.nullish(),
});
const DocumentCreate = z.strictObject({
  name: orNull(Name),
  data: JsonObject.default({}),
  block_schema_id: Uuid,
  block_type_id: Uuid,
  is_anonymous: z.boolean().default(false),
});
const DocumentUpdate = z.strictObject({
  block_schema_id: Uuid.nullish(),
  data: JsonObject.default({}),
  merge_existing_data: z.boolean().default(true),
});
const DocumentFilter = z.strictObject({
  ...operatorField,
  id: AnyIdFilter.nullish(),
  is_anonymous: z.strictObject({ eq_: z.boolean().nullish() }).nullish(),
  block_type_id: AnyIdFilter.nullish(),
  name: NameFilter.nullish(),
});

function typeOf({ world, params }: Call<unknown>): BlockType {
  const { id, slug } = params;
  const type =
    id === undefined ? world.blockTypes.find((one) => one.slug === slug) : world.blockTypes.get(id);
  if (type === undefined) throw refusal(404, 'Block type not found');
  return type;
}

function withSecrets({ query }: Call<unknown>): boolean {
  return ['true', '1', 'yes', 'on', 't', 'y'].includes(
    (query.get('include_secrets') ?? '').toLowerCase(),
  );
}

function blockOf({ world, params }: Call<unknown>): BlockDocument {
  const block = world.blockDocuments.get(params['id'] ?? '');
  if (block === undefined) throw refusal(404, 'Block document not found');
  return block;
}

function findBlocks(
  world: World,
  body: {
    readonly block_documents?: z.output<typeof DocumentFilter> | null | undefined;
    readonly block_types?: z.output<typeof TypeFilter> | null | undefined;
  },
): readonly BlockDocument[] {
  const { block_documents: filter, block_types: types } = body;
  const found = world.blockDocuments.filter((block) => {
    const type = world.blockTypes.get(block.block_type_id);
    if (types && (type === undefined || !matchesType(types, type))) return false;
    if (!filter) return !block.is_anonymous;
    return combined(filter.operator, [
      ...when(filter.id, (id) => every(anyOf(id, block.id))),
      ...when(filter.is_anonymous, (part) =>
        every(when(part.eq_, (wanted) => block.is_anonymous === wanted)),
      ),
      ...when(filter.block_type_id, (part) => every(anyOf(part, block.block_type_id))),
      ...when(filter.name, (name) =>
        every([...anyOf(name, block.name), ...like(name, block.name ?? '')]),
      ),
    ]);
  });
  return [...found].sort((one, other) => ((one.name ?? '') < (other.name ?? '') ? -1 : 1));
}

function matchesType(filter: z.output<typeof TypeFilter>, type: BlockType): boolean {
  return every([
    ...when(filter.name, (name) => every(like(name, type.name))),
    ...when(filter.slug, (slug) => every(anyOf(slug, type.slug))),
  ]);
}

const typeRoutes: readonly Route[] = [
  takes('POST', '/block_types/', TypeCreate, ({ world, body }) =>
    created(createBlockType(world, body)),
  ),
  get('/block_types/{id}', (call) => ok(typeOf(call))),
  get('/block_types/slug/{slug}', (call) => ok(typeOf(call))),
  takes('PATCH', '/block_types/{id}', TypeUpdate, (call) => {
    call.world.blockTypes.put({ ...typeOf(call), ...call.body, updated: call.world.now() });
    return noContent();
  }),
  remove('/block_types/{id}', (call) => {
    call.world.blockTypes.delete(typeOf(call).id);
    return noContent();
  }),
  takes(
    'POST',
    '/block_types/filter',
    z.object({ block_types: TypeFilter.nullish(), ...pageFields }),
    ({ world, body }) => {
      const { block_types: filter } = body;
      return ok(
        pageOf(
          world.blockTypes.filter((type) => !filter || matchesType(filter, type)),
          body,
        ),
      );
    },
  ),
  get('/block_types/slug/{slug}/block_documents', (call) => {
    const type = typeOf(call);
    const blocks = call.world.blockDocuments.filter((block) => block.block_type_id === type.id);
    return ok(blocks.map((block) => showBlock(call.world, block, withSecrets(call))));
  }),
  get('/block_types/slug/{slug}/block_documents/name/{block_document_name}', (call) => {
    const { world, params } = call;
    const type = world.blockTypes.find((one) => one.slug === params['slug']);
    const block = world.blockDocuments.find(
      (one) => one.block_type_id === type?.id && one.name === params['block_document_name'],
    );
    if (block === undefined) throw refusal(404, 'Block document not found');
    return ok(showBlock(world, block, withSecrets(call)));
  }),
];

const schemaRoutes: readonly Route[] = [
  takes('POST', '/block_schemas/', SchemaCreate, ({ world, body }) => {
    if (world.blockTypes.get(body.block_type_id) === undefined)
      throw refusal(409, 'Block type not found');
    const { schema, isNew } = createBlockSchema(world, body);
    const shown = showSchema(world, schema);
    return isNew ? created(shown) : ok(shown);
  }),
  get('/block_schemas/{id}', ({ world, params }) => {
    const schema = world.blockSchemas.get(params['id'] ?? '');
    if (schema === undefined) throw refusal(404, 'Block schema not found');
    return ok(showSchema(world, schema));
  }),
  get('/block_schemas/checksum/{checksum}', ({ world, params, query }) => {
    const version = query.get('version');
    const schema = world.blockSchemas.find(
      (one) => one.checksum === params['checksum'] && (version === null || one.version === version),
    );
    if (schema === undefined) throw refusal(404, 'Block schema not found');
    return ok(showSchema(world, schema));
  }),
  takes(
    'POST',
    '/block_schemas/filter',
    z.object({ block_schemas: SchemaFilter.nullish(), ...pageFields }),
    ({ world, body }) => {
      const { block_schemas: filter } = body;
      const found = world.blockSchemas.filter(
        (schema) =>
          !filter ||
          combined(filter.operator, [
            ...when(filter.block_type_id, (part) => every(anyOf(part, schema.block_type_id))),
            ...when(filter.block_capabilities, (part) =>
              every(
                when(part.all_, (all) => all.every((one) => schema.capabilities.includes(one))),
              ),
            ),
            ...when(filter.id, (part) => every(anyOf(part, schema.id))),
            ...when(filter.version, (part) => every(anyOf(part, schema.version))),
          ]),
      );
      return ok(pageOf(found, body).map((schema) => showSchema(world, schema)));
    },
  ),
];

const documentRoutes: readonly Route[] = [
  takes('POST', '/block_documents/', DocumentCreate, ({ world, body }) =>
    created(showBlock(world, createBlock(world, body), false)),
  ),
  get('/block_documents/{id}', (call) =>
    ok(showBlock(call.world, blockOf(call), withSecrets(call))),
  ),
  takes('PATCH', '/block_documents/{id}', DocumentUpdate, (call) => {
    const block = blockOf(call);
    const { data, merge_existing_data: merges, block_schema_id } = call.body;
    const split = splitReferences(data);
    call.world.blockDocuments.put({
      ...block,
      ...(block_schema_id && { block_schema_id }),
      data: merges ? { ...block.data, ...split.data } : split.data,
      references: merges ? { ...block.references, ...split.references } : split.references,
      updated: call.world.now(),
    });
    return noContent();
  }),
  remove('/block_documents/{id}', (call) => {
    call.world.blockDocuments.delete(blockOf(call).id);
    return noContent();
  }),
  takes(
    'POST',
    '/block_documents/filter',
    z.object({
      block_documents: DocumentFilter.nullish(),
      block_types: TypeFilter.nullish(),
      include_secrets: z.boolean().nullish(),
      ...pageFields,
    }),
    ({ world, body }) =>
      ok(
        pageOf(findBlocks(world, body), body).map((block) =>
          showBlock(world, block, body.include_secrets ?? false),
        ),
      ),
  ),
  takes(
    'POST',
    '/block_documents/count',
    z.object({ block_documents: DocumentFilter.nullish() }),
    ({ world, body }) => ok(findBlocks(world, body).length),
  ),
];

export const blockRoutes: readonly Route[] = [...typeRoutes, ...schemaRoutes, ...documentRoutes];
