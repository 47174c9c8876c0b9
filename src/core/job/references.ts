import { ValueError, WorkerError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { BlockDocument } from '../prefect/block-document.ts';
import type { VariableAnswer } from '../prefect/api-facts.ts';
import type { Origin } from './ecs-job.ts';
import { isPrivate, markAll, mostPrivate, originAt, pointerTo, type Origins } from './origins.ts';
import { pyRepr, pyStr } from './py-repr.ts';
import {
  blockPrefix,
  lookUp,
  placeholdersInText,
  replacePlaceholders,
  textsOf,
  variablePrefix,
  wholePlaceholder,
  type Resolved,
  type Placeholder,
} from './template.ts';

/** A block document that a template names, by id or by type slug and name. */
export type BlockReference =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'name'; readonly typeSlug: string; readonly name: string };

/** A reference and what Prefect answered; `undefined`: there is no such block. */
export interface BlockAnswer {
  readonly reference: BlockReference;
  readonly document: BlockDocument | undefined;
}

/** A block that the configuration names does not exist. The class name is Prefect's own. */
export class ObjectNotFoundError extends WorkerError {
  override readonly name = 'ObjectNotFound';
}

const gone =
  'This block was referenced in your deployment or work pool configuration but no longer exists. It may have been ' +
  'deleted. Please check your configuration or create a new block.';

/** The block documents to read before a template can be resolved, each once. Throws ValueError on a malformed name. */
export function blockReferencesIn(template: Json): readonly BlockReference[] {
  const found = new Map<string, BlockReference>();
  visitBlocks(template, (reference) => found.set(keyOf(reference), reference));
  return [...found.values()];
}

/** The names of the variables to read, each once. */
export function variableReferencesIn(template: Json): readonly string[] {
  const names = textPlaceholders(template)
    .filter((placeholder) => placeholder.kind === 'variable')
    .map((placeholder) => placeholder.name.replace(variablePrefix, ''));
  return [...new Set(names)];
}

/** Puts block data in the place of references to it (prefect-api.md 4.4). What it puts there is not scanned again. */
export function resolveBlocks(template: Json, answers: readonly BlockAnswer[], given: Origins): Resolved {
  if (answers.length === 0) return { value: template, origins: given }; // nothing refers to a block
  const documents = new Map(answers.map((answer) => [keyOf(answer.reference), answer.document]));
  const origins = new Map(given);
  const value = rewrite(template, '', (inner, pointer) => {
    if (isJsonObject(inner)) {
      const id = blockIdOf(inner);
      if (id === undefined) return undefined;
      const { data } = documentFor({ kind: 'id', id }, documents);
      markAll(origins, pointer, data, 'block');
      return { value: data };
    }
    if (typeof inner !== 'string') return undefined;
    return resolveBlocksInText(inner, pointer, documents, origins);
  });
  return { value, origins };
}

/** Puts variables' values in the place of references to them (prefect-api.md 4.5). */
export function resolveVariables(
  template: Json,
  variables: readonly { readonly name: string; readonly answer: VariableAnswer }[],
  given: Origins,
): Resolved {
  if (variables.length === 0) return { value: template, origins: given };
  const values = new Map(
    variables.map(({ name, answer }) => [name, answer.kind === 'found' ? answer.value : undefined]),
  );
  const valueOf = (placeholder: Placeholder): Json | undefined =>
    values.get(placeholder.name.replace(variablePrefix, ''));
  const origins = new Map(given);
  const value = rewrite(template, '', (inner, pointer) => {
    if (typeof inner !== 'string') return undefined;
    if (!placeholdersInText(inner).some((placeholder) => placeholder.kind === 'variable')) return undefined;
    const origin = mostPrivate(originAt(origins, pointer, 'pool-template'), 'prefect-variable');
    const whole = wholePlaceholder(inner);
    if (whole !== undefined) {
      const found = valueOf(whole);
      return marked(origins, pointer, found === undefined ? '' : found, origin);
    }
    const text = replacePlaceholders(inner, (placeholder) => {
      if (placeholder.kind !== 'variable') return undefined;
      const found = valueOf(placeholder);
      return found === undefined ? '' : pyStr(found);
    });
    return marked(origins, pointer, text, origin);
  });
  return { value, origins };
}

function resolveBlocksInText(
  text: string,
  pointer: string,
  documents: ReadonlyMap<string, BlockDocument | undefined>,
  origins: Map<string, Origin>,
): { readonly value: Json } | undefined {
  if (!placeholdersInText(text).some((placeholder) => placeholder.kind === 'block')) return undefined;
  const whole = wholePlaceholder(text);
  const shown = isPrivate(originAt(origins, pointer, 'pool-template')) ? undefined : text;
  if (whole !== undefined) return marked(origins, pointer, blockValue(whole, shown, documents), 'block');
  const filled = replacePlaceholders(text, (placeholder) => {
    if (placeholder.kind !== 'block') return undefined;
    const value = blockValue(placeholder, shown, documents);
    if (typeof value === 'object' && value !== null) {
      throw new ValueError(
        `Invalid template: ${pyRepr(shown ?? placeholder.match)}. Block placeholder ${pyRepr(placeholder.match)} resolved to a ` +
          `${Array.isArray(value) ? 'list' : 'dict'}, which cannot be used for inline string substitution. Resolve a ` +
          "scalar attribute instead (e.g., '.value' or '.url').",
      );
    }
    return pyStr(value);
  });
  return marked(origins, pointer, filled, 'block');
}

function marked(
  origins: Map<string, Origin>,
  pointer: string,
  value: Json,
  origin: Origin,
): { readonly value: Json } {
  markAll(origins, pointer, value, origin);
  return { value };
}

/**
 * A block's value by placeholder. Data of the single key `value` stands for that value unless the path says `value`.
 * `template` is the text around the placeholder, if an error may show it.
 */
function blockValue(
  placeholder: Placeholder,
  template: string | undefined,
  documents: ReadonlyMap<string, BlockDocument | undefined>,
): Json {
  const { reference, path } = parseBlockName(placeholder.name);
  const { data } = documentFor(reference, documents);
  const wrapped = Object.keys(data).length === 1 ? data['value'] : undefined;
  const saysValue = path !== undefined && /^value($|\.|\[)/.test(path);
  const root: Json = wrapped === undefined || saysValue ? data : wrapped;
  if (path === undefined) return root;
  const found = lookUp(root, path);
  if (found !== undefined) return found.value;
  throw new ValueError(
    `Invalid template: ${pyRepr(template ?? placeholder.match)}. Could not resolve the keypath in the block document data.`,
  );
}

function documentFor(
  reference: BlockReference,
  documents: ReadonlyMap<string, BlockDocument | undefined>,
): BlockDocument {
  const document = documents.get(keyOf(reference));
  if (document !== undefined) return document;
  const which =
    reference.kind === 'id' ? `ID '${reference.id}'` : `'${reference.name}' of type '${reference.typeSlug}'`;
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

function blockIdOf(document: JsonObject): string | undefined {
  const reference = document['$ref'];
  const id = isJsonObject(reference) ? reference['block_document_id'] : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function keyOf(reference: BlockReference): string {
  return reference.kind === 'id' ? `id ${reference.id}` : `name ${reference.typeSlug} ${reference.name}`;
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

function textPlaceholders(template: Json): readonly Placeholder[] {
  return textsOf(template).flatMap((text) => placeholdersInText(text));
}

/** A copy in which `change` may replace any value; what it replaces is not descended into. */
function rewrite(
  template: Json,
  pointer: string,
  change: (value: Json, pointer: string) => { readonly value: Json } | undefined,
): Json {
  const changed = change(template, pointer);
  if (changed !== undefined) return changed.value;
  if (Array.isArray(template)) {
    return template.map((item: Json, index) => rewrite(item, pointerTo(pointer, String(index)), change));
  }
  if (!isJsonObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, inner]) => [key, rewrite(inner, pointerTo(pointer, key), change)]),
  );
}
