import { ValueError, WorkerError } from '../../kernel/errors.ts';
import { isJsonObject, WrittenNumber, type Json, type JsonObject } from '../../kernel/json.ts';
import type { BlockDocument } from '../prefect/block-document.ts';
import type { VariableAnswer } from '../prefect/api-facts.ts';
import { bounds, checkCount, Room } from './bounds.ts';
import type { Origin } from './origin.ts';
import { allFrom, isPrivate, mostPrivate, partOf, withParts, type Origins } from './origins.ts';
import { pyRepr } from './py-repr.ts';
import {
  blockPrefix,
  placeholdersInText,
  replacePlaceholders,
  textsOf,
  variablePrefix,
  wholePlaceholder,
  type Placeholder,
} from './placeholders.ts';
import { lookUp, type Characters, type Resolved } from './template.ts';

/** A block document named in a template, by id or by type slug and name. */
export type BlockReference =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'name'; readonly typeSlug: string; readonly name: string };

/** A reference with Prefect's answer. Undefined: the block does not exist. */
export interface BlockAnswer {
  readonly reference: BlockReference;
  readonly document: BlockDocument | undefined;
}

/** A referenced block does not exist. The name is that of Prefect's class. */
export class ObjectNotFoundError extends WorkerError {
  override readonly name = 'ObjectNotFound';
}

const gone =
  'This block was referenced in your deployment or work pool configuration but no longer exists. It may have been ' +
  'deleted. Please check your configuration or create a new block.';

/** The distinct blocks that a template references. Throws ValueError for a malformed name. */
export function blockReferencesIn(template: Json): readonly BlockReference[] {
  const found = new Map<string, BlockReference>();
  visitBlocks(template, (reference) => found.set(keyOf(reference), reference));
  checkCount(found.size, bounds.blocks, 'block documents');
  return [...found.values()];
}

/** The distinct names of the Prefect variables that a template references. */
export function variableReferencesIn(template: Json): readonly string[] {
  const names = new Set<string>();
  for (const text of textsOf(template)) {
    for (const { kind, name } of placeholdersInText(text)) {
      if (kind === 'variable') names.add(name.replace(variablePrefix, ''));
    }
  }
  checkCount(names.size, bounds.variables, 'Prefect variables');
  return [...names];
}

/**
 * Replaces references to blocks by the blocks' data (prefect-api.md 4.4). The inserted data is not
 * scanned again for blocks, so a block cannot reach another block that the template does not name.
 */
export function resolveBlocks(
  template: Json,
  answers: readonly BlockAnswer[],
  given: Origins,
): Resolved {
  if (answers.length === 0) return { value: template, origins: given }; // nothing refers to a block
  const blocks: Blocks = {
    documents: new Map(answers.map((answer) => [keyOf(answer.reference), answer.document])),
    characters: new Map(),
    room: new Room(),
  };
  return rewritten({ value: template, origins: given }, ({ value, origins }) => {
    if (isJsonObject(value)) {
      const id = blockIdOf(value);
      return id === undefined
        ? undefined
        : from('block', documentFor({ kind: 'id', id }, blocks).data);
    }
    if (typeof value !== 'string') return undefined;
    return resolveBlocksInText(value, origins.origin ?? 'pool-template', blocks);
  });
}

/**
 * Replaces references to variables by their values. A missing variable becomes empty text, and its
 * key stays (prefect-api.md 4.5).
 */
export function resolveVariables(
  template: Json,
  variables: readonly { readonly name: string; readonly answer: VariableAnswer }[],
  given: Origins,
): Resolved {
  if (variables.length === 0) return { value: template, origins: given };
  const values = new Map(
    variables.map(({ name, answer }) => [name, answer.kind === 'found' ? answer.value : undefined]),
  );
  const valueOf = ({ name }: Placeholder): Json => {
    const found = values.get(name.replace(variablePrefix, ''));
    return found === undefined ? '' : found;
  };
  const room = new Room();
  return rewritten({ value: template, origins: given }, ({ value, origins }) => {
    if (typeof value !== 'string') return undefined;
    if (!placeholdersInText(value).some((placeholder) => placeholder.kind === 'variable'))
      return undefined;
    const origin = mostPrivate(origins.origin ?? 'pool-template', 'prefect-variable');
    const whole = wholePlaceholder(value);
    if (whole !== undefined) return from(origin, valueOf(whole));
    const text = replacePlaceholders(value, (placeholder) =>
      placeholder.kind === 'variable'
        ? room.textOf(valueOf(placeholder), placeholder.name)
        : undefined,
    );
    return from(origin, text);
  });
}

/** The blocks that were read, and the state of one pass over a template. */
interface Blocks {
  readonly documents: ReadonlyMap<string, BlockDocument | undefined>;
  readonly characters: Characters;
  readonly room: Room;
}

function resolveBlocksInText(text: string, origin: Origin, blocks: Blocks): Resolved | undefined {
  if (!placeholdersInText(text).some((placeholder) => placeholder.kind === 'block'))
    return undefined;
  const whole = wholePlaceholder(text);
  const shown = isPrivate(origin) ? undefined : text;
  if (whole !== undefined) return from('block', blockValue(whole, shown, blocks));
  const filled = replacePlaceholders(text, (placeholder) => {
    if (placeholder.kind !== 'block') return undefined;
    const value = blockValue(placeholder, shown, blocks);
    if (Array.isArray(value) || isJsonObject(value)) {
      throw new ValueError(
        `Invalid template: ${pyRepr(shown ?? placeholder.match)}. Block placeholder ${pyRepr(placeholder.match)} resolved to a ` +
          `${Array.isArray(value) ? 'list' : 'dict'}, which cannot be used for inline string substitution. Resolve a ` +
          "scalar attribute instead (e.g., '.value' or '.url').",
      );
    }
    return blocks.room.textOf(value, placeholder.name);
  });
  return from('block', filled);
}

function from(origin: Origin, value: Json): Resolved {
  return { value, origins: allFrom(origin) };
}

/**
 * The value of a block placeholder. If the block's data has only the key `value`, the result is
 * that value, unless the path names `value` itself. `template` is the text around the placeholder,
 * if errors may show it.
 */
function blockValue(placeholder: Placeholder, template: string | undefined, blocks: Blocks): Json {
  const { reference, path } = parseBlockName(placeholder.name);
  const { data } = documentFor(reference, blocks);
  const wrapped = hasOneMember(data) ? data['value'] : undefined;
  const saysValue = path !== undefined && /^value($|\.|\[)/.test(path);
  const root: Json = wrapped === undefined || saysValue ? data : wrapped;
  if (path === undefined) return root;
  const found = lookUp(root, path, blocks.characters);
  if (found !== undefined) return found.value;
  throw new ValueError(
    `Invalid template: ${pyRepr(template ?? placeholder.match)}. Could not resolve the keypath in the block document data.`,
  );
}

function documentFor(reference: BlockReference, { documents }: Blocks): BlockDocument {
  const document = documents.get(keyOf(reference));
  if (document !== undefined) return document;
  const which =
    reference.kind === 'id'
      ? `ID '${reference.id}'`
      : `'${reference.name}' of type '${reference.typeSlug}'`;
  throw new ObjectNotFoundError(`Block not found: ${which}. ${gone}`);
}

function parseBlockName(name: string): {
  readonly reference: BlockReference;
  readonly path: string | undefined;
} {
  const [typeSlug, block, ...rest] = name.replace(blockPrefix, '').split('.');
  if (typeSlug === undefined || block === undefined) {
    throw new ValueError(
      `Invalid block placeholder format: '${name}'. Expected format: ` +
        'prefect.blocks.<block-type-slug>.<block-document-name>',
    );
  }
  return {
    reference: { kind: 'name', typeSlug, name: block },
    path: rest.length === 0 ? undefined : rest.join('.'),
  };
}

/** The block that a value references as a whole. Undefined for anything else. */
export function blockNamedBy(value: Json): BlockReference | undefined {
  if (isJsonObject(value)) {
    const id = blockIdOf(value);
    return id === undefined ? undefined : { kind: 'id', id };
  }
  const whole = typeof value === 'string' ? wholePlaceholder(value) : undefined;
  if (whole?.kind !== 'block') return undefined;
  const { reference, path } = parseBlockName(whole.name);
  return path === undefined ? reference : undefined;
}

function blockIdOf(document: JsonObject): string | undefined {
  const reference = document['$ref'];
  const id = isJsonObject(reference) ? reference['block_document_id'] : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function keyOf(reference: BlockReference): string {
  return reference.kind === 'id'
    ? `id ${reference.id}`
    : `name ${reference.typeSlug} ${reference.name}`;
}

function visitBlocks(template: Json, found: (reference: BlockReference) => void): void {
  if (typeof template === 'string') {
    for (const placeholder of placeholdersInText(template)) {
      if (placeholder.kind === 'block') found(parseBlockName(placeholder.name).reference);
    }
  } else if (Array.isArray(template)) {
    for (const item of template) visitBlocks(item, found);
  } else if (isJsonObject(template)) {
    const id = blockIdOf(template);
    if (id !== undefined) found({ kind: 'id', id });
    else for (const inner of Object.values(template)) visitBlocks(inner, found);
  }
}

/** Builds no list of keys: one text may reference a block thousands of times. */
function hasOneMember(data: JsonObject): boolean {
  let count = 0;
  for (const _name in data) {
    count += 1;
    if (count > 1) break;
  }
  return count === 1;
}

/**
 * A copy in which `change` replaces parts. Does not descend into replacements, and shares unchanged
 * parts.
 */
function rewritten(given: Resolved, change: (part: Resolved) => Resolved | undefined): Resolved {
  return changedIn(given, change) ?? given;
}

function changedIn(
  given: Resolved,
  change: (part: Resolved) => Resolved | undefined,
): Resolved | undefined {
  const { value, origins } = given;
  const changed = change(given);
  if (
    changed !== undefined ||
    typeof value !== 'object' ||
    value === null ||
    value instanceof WrittenNumber
  )
    return changed;
  const parts: [string, Origins][] = [];
  const entries = Object.entries(value).map(([key, inner]: [string, Json]): [string, Json] => {
    const part = changedIn({ value: inner, origins: partOf(origins, key) }, change);
    if (part === undefined) return [key, inner];
    parts.push([key, part.origins]);
    return [key, part.value];
  });
  if (parts.length === 0) return undefined;
  return {
    value: Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries),
    origins: withParts(origins, parts),
  };
}
