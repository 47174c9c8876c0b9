import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { Room } from './bounds.ts';
import {
  allFrom,
  mostPrivate,
  noOrigins,
  originAt,
  partAt,
  partOf,
  type Origins,
  type Path,
} from './origins.ts';
import { replacePlaceholders, wholePlaceholder } from './placeholders.ts';
import { ownValue } from './shape.ts';

/** Values by name, with their origins. */
export interface TemplateValues {
  readonly values: JsonObject;
  readonly origins: Origins;
  /** For `{{ $NAME }}`: the worker's own environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The result of a pass over a template. */
export interface Resolved<Value extends Json = Json> {
  readonly value: Value;
  readonly origins: Origins;
}

interface Found {
  readonly value: Json;
  readonly path: Path;
}

/** Texts split into characters. Cached, so that many lookups in one long text split it once. */
export type Characters = Map<string, readonly string[]>;

/**
 * Looks up a dotted path; undefined if it does not exist. As in Python, numeric parts index lists
 * and texts from either end, and are never keys of an object.
 */
export function lookUp(
  values: Json,
  path: string,
  characters: Characters = new Map(),
): Found | undefined {
  if (/^\w+$/.test(path) && !/^\d+$/.test(path)) {
    // Fast path: most paths are one plain name.
    const plain = isJsonObject(values) ? ownValue(values, path) : undefined;
    return plain === undefined ? undefined : { value: plain, path: [path] };
  }
  let value: Json | undefined = values;
  const parts = path.replaceAll('[', '.').replaceAll(']', '').split('.');
  for (const part of parts) {
    value = /^-?\d+$/.test(part)
      ? itemAt(value, Number(part), characters)
      : isJsonObject(value)
        ? ownValue(value, part)
        : undefined;
    if (value === undefined) return undefined;
  }
  return { value, path: parts };
}

function itemAt(value: Json, index: number, characters: Characters): Json | undefined {
  if (Array.isArray(value)) return value.at(index);
  if (typeof value !== 'string') return undefined;
  const apart = characters.get(value) ?? Array.from(value);
  characters.set(value, apart);
  return apart.at(index);
}

/**
 * Fills in a template (prefect-api.md 4.3). Block and variable placeholders are left for the next
 * passes, and inserted values are not scanned again. `given` names the origin of what the template
 * itself holds. `undefined`: nothing fills the placeholder, so its key or list item is dropped.
 * Throws ValidationError when the inserted values are too large.
 */
export function applyValues(
  template: Json,
  with_: TemplateValues,
  given: Origins = noOrigins,
): Resolved | undefined {
  return fill(template, given, newPass(with_));
}

/** Like `applyValues`, for an object, which is never dropped. */
export function applyToObject(
  template: JsonObject,
  with_: TemplateValues,
  given: Origins,
): Resolved<JsonObject> {
  return fillObject(template, given, newPass(with_));
}

interface Pass {
  readonly with: TemplateValues;
  readonly characters: Characters;
  readonly room: Room;
}

function newPass(with_: TemplateValues): Pass {
  return { with: with_, characters: new Map(), room: new Room() };
}

/** `given` has the origins of this part. */
function fill(template: Json, given: Origins, pass: Pass): Resolved | undefined {
  if (typeof template === 'string') return fillText(template, given, pass);
  if (Array.isArray(template)) return fillList(template, given, pass);
  if (isJsonObject(template)) return fillObject(template, given, pass);
  return { value: template, origins: allFrom(given.origin ?? 'pool-template') };
}

/** Dropped items shift the indexes of those behind them. */
function fillList(template: readonly Json[], given: Origins, pass: Pass): Resolved {
  const items: Json[] = [];
  const parts = new Map<string, Origins>();
  for (const [index, item] of template.entries()) {
    const filled = fill(item, partOf(given, String(index)), pass);
    if (filled === undefined) continue;
    keepPart(parts, String(items.length), filled.origins, given);
    items.push(filled.value);
  }
  return { value: items, origins: withOwn(given, parts) };
}

function fillObject(template: JsonObject, given: Origins, pass: Pass): Resolved<JsonObject> {
  const entries: [string, Json][] = [];
  const parts = new Map<string, Origins>();
  for (const [key, inner] of Object.entries(template)) {
    const filled = fill(inner, partOf(given, key), pass);
    if (filled === undefined) continue;
    keepPart(parts, key, filled.origins, given);
    entries.push([key, filled.value]);
  }
  return { value: Object.fromEntries(entries), origins: withOwn(given, parts) };
}

/** Saves memory: a part with the origin of its surroundings, as most have, is not recorded. */
function keepPart(parts: Map<string, Origins>, name: string, part: Origins, given: Origins): void {
  if (part !== allFrom(given.origin ?? 'pool-template')) parts.set(name, part);
}

function withOwn(given: Origins, parts: ReadonlyMap<string, Origins>): Origins {
  const own = allFrom(given.origin ?? 'pool-template');
  return parts.size === 0 ? own : { ...own, parts };
}

function fillText(text: string, given: Origins, pass: Pass): Resolved | undefined {
  const own = given.origin ?? 'pool-template';
  const { values, origins, environment } = pass.with;
  const whole = wholePlaceholder(text);
  if (whole?.kind === 'standard') {
    const found = lookUp(values, whole.name, pass.characters);
    if (found === undefined) return undefined;
    const part = partAt(origins, found.path);
    return {
      value: found.value,
      origins: part.origin === undefined ? { ...part, origin: 'variable-default' } : part,
    };
  }
  let origin = own;
  const filled = replacePlaceholders(text, ({ kind, name }) => {
    if (kind === 'block' || kind === 'variable') return undefined;
    if (kind === 'environment') {
      origin = mostPrivate(origin, 'worker-environment');
      return pass.room.textOf(ownValue(environment, name.replace(/^\$+/, '')) ?? '', name);
    }
    const found = lookUp(values, name, pass.characters);
    if (found === undefined) return '';
    origin = mostPrivate(origin, originAt(origins, found.path, 'variable-default'));
    return pass.room.textOf(found.value, name);
  });
  return { value: filled, origins: allFrom(origin) };
}
