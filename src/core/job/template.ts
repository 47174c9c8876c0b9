import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { mostPrivate, originAt, pointerTo, type Origins } from './origins.ts';
import type { Origin } from './ecs-job.ts';
import { pyStr } from './py-repr.ts';
import { ownValue } from './shape.ts';

/** A `{{ name }}` in a text. Names are of letters and digits of any script, `_` and `. - [ ] $` (prefect-api.md 4.3). */
export interface Placeholder {
  readonly match: string;
  readonly name: string;
  readonly kind: 'standard' | 'block' | 'variable' | 'environment';
}

export const blockPrefix = 'prefect.blocks.';
export const variablePrefix = 'prefect.variables.';

/** Python's `\w` and `\s`, which are not JavaScript's: no combining marks, no byte order mark, but the separators U+001C to U+001F. */
const pattern = /\{\{[\t-\r\x1c-\x20\x85\p{Z}]*([\p{L}\p{N}_.\-[\]$]+)[\t-\r\x1c-\x20\x85\p{Z}]*\}\}/gu;

const none: readonly Placeholder[] = [];

/** The texts of a pool's template are the same for each of its runs. */
const known = new Map<string, readonly Placeholder[]>();
const mostKnown = 2_000;

/** The placeholders of a text, in order of appearance. */
export function placeholdersInText(text: string): readonly Placeholder[] {
  if (!text.includes('{{')) return none; // most texts of a template
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  const found = scanned(text);
  if (known.size >= mostKnown) known.clear();
  known.set(text, found);
  return found;
}

function scanned(text: string): readonly Placeholder[] {
  const found: Placeholder[] = [];
  replacePlaceholders(text, (placeholder) => {
    found.push(placeholder);
    return undefined;
  });
  return found;
}

/** A text with its placeholders replaced; those for which there is `undefined` stay. What is put in is not scanned again. */
export function replacePlaceholders(
  text: string,
  replacementOf: (placeholder: Placeholder) => string | undefined,
): string {
  if (!text.includes('{{')) return text; // most texts of a template
  return text.replace(
    pattern,
    (match: string, name: string) => replacementOf({ match, name, kind: kindOf(name) }) ?? match,
  );
}

function kindOf(name: string): Placeholder['kind'] {
  if (name.startsWith(blockPrefix)) return 'block';
  if (name.startsWith(variablePrefix)) return 'variable';
  return name.startsWith('$') ? 'environment' : 'standard';
}

/** Names of all placeholders in a template, in order of first appearance, each once. Keys are not templated. */
export function findPlaceholders(template: Json): readonly string[] {
  const names: string[] = [];
  for (const text of textsOf(template))
    names.push(...placeholdersInText(text).map((placeholder) => placeholder.name));
  return [...new Set(names)];
}

/** Every text in a document, in order. */
export function textsOf(template: Json): readonly string[] {
  if (typeof template === 'string') return [template];
  if (Array.isArray(template)) return template.flatMap((item: Json) => textsOf(item));
  return isJsonObject(template) ? Object.values(template).flatMap((value) => textsOf(value)) : [];
}

/** The one placeholder that makes up the whole text: it takes its value's type. */
export function wholePlaceholder(text: string): Placeholder | undefined {
  const [first] = placeholdersInText(text);
  return first?.match === text ? first : undefined;
}

/** Values by name, and where each came from. */
export interface TemplateValues {
  readonly values: JsonObject;
  readonly origins: Origins;
  /** For `{{ $NAME }}`: the worker's own environment. */
  readonly environment: Readonly<Record<string, string>>;
}

interface Applied {
  /** `undefined`: nothing fills it, so its key or list item is dropped. */
  readonly value: Json | undefined;
  readonly origins: Origins;
}

/** What a pass over a template makes of it. */
export interface Resolved<Value extends Json = Json> {
  readonly value: Value;
  readonly origins: Origins;
}

/**
 * Looks up a dotted path. `undefined`: not there. Numeric parts count from either end of a list, or of a text as Python
 * does; they are never keys of an object.
 */
export function lookUp(
  values: Json,
  path: string,
): { readonly value: Json; readonly pointer: string } | undefined {
  if (/^\w*[A-Za-z_]\w*$/.test(path)) {
    // Most paths are one plain name.
    const plain = isJsonObject(values) ? ownValue(values, path) : undefined;
    return plain === undefined ? undefined : { value: plain, pointer: `/${path}` };
  }
  let value: Json | undefined = values;
  let pointer = '';
  for (const part of path.replaceAll('[', '.').replaceAll(']', '').split('.')) {
    value = /^-?\d+$/.test(part)
      ? itemAt(value, Number(part))
      : isJsonObject(value)
        ? ownValue(value, part)
        : undefined;
    if (value === undefined) return undefined;
    pointer = pointerTo(pointer, part);
  }
  return { value, pointer };
}

function itemAt(value: Json, index: number): Json | undefined {
  if (typeof value === 'string') return Array.from(value).at(index);
  return Array.isArray(value) ? value.at(index) : undefined;
}

/**
 * Fills a template in (prefect-api.md 4.3). Block and variable placeholders are left for the next passes; values that
 * were filled in are not scanned again. `given` names the origin of what the template itself holds.
 */
export function applyValues(template: Json, with_: TemplateValues, given: Origins = new Map()): Applied {
  const origins = new Map<string, Origin>();
  const value = fill(template, '', '', { with: with_, given, origins });
  return { value, origins };
}

/** The same for an object, which is never dropped. */
export function applyToObject(
  template: JsonObject,
  with_: TemplateValues,
  given: Origins,
): Resolved<JsonObject> {
  const origins = new Map<string, Origin>();
  const value = fillObject(template, '', '', { with: with_, given, origins });
  return { value, origins };
}

interface Pass {
  readonly with: TemplateValues;
  readonly given: Origins;
  readonly origins: Map<string, Origin>;
}

/** `from` is the pointer in the template, `to` the one in the result: dropped list items make them differ. */
function fill(template: Json, from: string, to: string, pass: Pass): Json | undefined {
  if (typeof template === 'string') return fillText(template, from, to, pass);
  if (Array.isArray(template)) {
    const items: Json[] = [];
    template.forEach((item: Json, index) => {
      const value = fill(item, pointerTo(from, String(index)), pointerTo(to, String(items.length)), pass);
      if (value !== undefined) items.push(value);
    });
    return items;
  }
  if (isJsonObject(template)) return fillObject(template, from, to, pass);
  pass.origins.set(to, originAt(pass.given, from, 'pool-template'));
  return template;
}

function fillObject(template: JsonObject, from: string, to: string, pass: Pass): JsonObject {
  const entries = Object.entries(template).flatMap(([key, inner]): [string, Json][] => {
    const value = fill(inner, pointerTo(from, key), pointerTo(to, key), pass);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

function fillText(text: string, from: string, to: string, pass: Pass): Json | undefined {
  const own = originAt(pass.given, from, 'pool-template');
  const whole = wholePlaceholder(text);
  if (whole?.kind === 'standard') {
    const found = lookUp(pass.with.values, whole.name);
    if (found === undefined) return undefined;
    copyOrigins(found.value, found.pointer, to, pass);
    return found.value;
  }
  let origin = own;
  const filled = replacePlaceholders(text, ({ kind, name }) => {
    if (kind === 'block' || kind === 'variable') return undefined;
    if (kind === 'environment') {
      origin = mostPrivate(origin, 'worker-environment');
      const variable = ownValue(pass.with.environment, name.replace(/^\$+/, ''));
      return variable === undefined ? '' : pyStr(variable);
    }
    const found = lookUp(pass.with.values, name);
    if (found === undefined) return '';
    origin = mostPrivate(origin, originAt(pass.with.origins, found.pointer, 'variable-default'));
    return pyStr(found.value);
  });
  pass.origins.set(to, origin);
  return filled;
}

function copyOrigins(value: Json, source: string, target: string, pass: Pass): void {
  if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      copyOrigins(inner, pointerTo(source, key), pointerTo(target, key), pass);
    }
  } else if (Array.isArray(value)) {
    value.forEach((item: Json, index) =>
      copyOrigins(item, pointerTo(source, String(index)), pointerTo(target, String(index)), pass),
    );
  }
  pass.origins.set(target, originAt(pass.with.origins, source, 'variable-default'));
}
