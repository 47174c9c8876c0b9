import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { isEmpty } from '../job/shape.ts';
import type { Shape, Shapes, Structure } from './shapes.ts';

/** The type of a value. */
export type Kind = 'null' | 'text' | 'integer' | 'number' | 'boolean' | 'list' | 'object';

/** Something that AWS would refuse or never receive. Paths: `a.b[0].c`; '' is the whole. */
export type Problem =
  | {
      readonly kind: 'unknown';
      readonly path: string;
      readonly name: string;
      readonly valid: readonly string[];
      /** Its content belongs one level further out. */
      readonly isWrapper: boolean;
    }
  | { readonly kind: 'missing'; readonly path: string; readonly name: string }
  | {
      readonly kind: 'type';
      readonly path: string;
      readonly met: Kind;
      readonly expected: readonly Kind[];
    };

export interface Check {
  readonly shapes: Shapes;
  /** A user's document: empty values will be dropped, and missing members may be added. */
  readonly isWritten: boolean;
}

/** All problems of a structure, checked as botocore does before it sends anything. */
export function problemsIn(document: JsonObject, name: string, check: Check): readonly Problem[] {
  const problems = found(document, { kind: 'structure', name }, check);
  return problems.map((problem) => ({ ...problem, path: problem.path.replace(/^\./, '') }));
}

const none: readonly Problem[] = [];

/** Paths are relative to the value. Callers prefix them, so valid values build no paths at all. */
function found(value: Json, shape: Shape, check: Check): readonly Problem[] {
  if (shape.kind === 'structure' && isJsonObject(value)) {
    const structure = check.shapes.get(shape.name);
    return structure === undefined ? none : foundInStructure(value, structure, check);
  }
  if (shape.kind === 'list' && Array.isArray(value)) return foundInList(value, shape.of, check);
  if (shape.kind === 'map' && isJsonObject(value)) return foundInMap(value, shape.of, check);
  if (shape.kind === 'choice') {
    const fitting = shape.of.find((one) => kindsOf(one).includes(kindOf(value)));
    if (fitting !== undefined) return found(value, fitting, check);
  } else if (kindsOf(shape).includes(kindOf(value))) return none;
  return [{ kind: 'type', path: '', met: kindOf(value), expected: kindsOf(shape) }];
}

function foundInList(items: readonly Json[], shape: Shape, check: Check): readonly Problem[] {
  const all = new Found();
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at];
    if (item !== undefined && !isUnset(item, check)) all.addOf(at, found(item, shape, check));
  }
  return all.problems;
}

function foundInMap(value: JsonObject, shape: Shape, check: Check): readonly Problem[] {
  const all = new Found();
  for (const [key, inner] of Object.entries(value)) {
    if (!isUnset(inner, check)) all.addOf(`.${key}`, found(inner, shape, check));
  }
  return all.problems;
}

function foundInStructure(
  value: JsonObject,
  { members, required }: Structure,
  check: Check,
): readonly Problem[] {
  const all = new Found();
  for (const name of check.isWritten ? [] : required) {
    if (!Object.hasOwn(value, name)) all.add({ kind: 'missing', path: '', name });
  }
  let valid: readonly string[] | undefined;
  for (const name of Object.keys(value)) {
    const inner = value[name];
    if (inner === undefined || isUnset(inner, check)) continue;
    const shape = members.get(name);
    if (shape !== undefined) all.addOf(`.${name}`, found(inner, shape, check));
    else {
      const isWrapper = isJsonObject(inner) && holdsMembers(inner, members);
      valid ??= [...members.keys()];
      all.add({ kind: 'unknown', path: '', name, valid, isWrapper });
    }
  }
  return all.problems;
}

/** Grows in place, for documents with thousands of problems. Allocates nothing without problems. */
class Found {
  #problems: Problem[] | undefined;

  get problems(): readonly Problem[] {
    return this.#problems ?? none;
  }

  add(problem: Problem): void {
    (this.#problems ??= []).push(problem);
  }

  addOf(place: string | number, inner: readonly Problem[]): void {
    if (inner.length === 0) return;
    const step = typeof place === 'number' ? `[${place}]` : place;
    for (const problem of inner) this.add({ ...problem, path: step + problem.path });
  }
}

function isUnset(value: Json, { isWritten }: Check): boolean {
  return isWritten && isEmpty(value);
}

/** Whether its members, or several of them, would be valid one level further out. */
function holdsMembers(inner: JsonObject, members: Structure['members']): boolean {
  const names = Object.keys(inner);
  const fitting = names.filter((name) => members.has(name)).length;
  return fitting > 1 || (fitting === 1 && names.length === 1);
}

function kindsOf(shape: Shape): readonly Kind[] {
  return shape.kind === 'choice' ? shape.of.flatMap(kindsOf) : kindsByShape[shape.kind];
}

const kindsByShape: Readonly<Record<Exclude<Shape['kind'], 'choice'>, readonly Kind[]>> = {
  text: ['text'],
  integer: ['integer'],
  boolean: ['boolean'],
  size: ['text', 'integer', 'number'],
  scalar: ['text', 'integer', 'number', 'boolean'],
  any: ['null', 'text', 'integer', 'number', 'boolean', 'list', 'object'],
  list: ['list'],
  map: ['object'],
  structure: ['object'],
};

/** Larger integers have already lost digits, so they count as plain numbers. */
function kindOf(value: Json): Kind {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  if (Array.isArray(value)) return 'list';
  // A `WrittenNumber`: a Python float, or too large.
  return isJsonObject(value) ? 'object' : 'number';
}
