import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { isEmpty } from '../job/shape.ts';
import type { Shape, Shapes, Structure } from './shapes.ts';

/** What a value is. */
export type Kind = 'null' | 'text' | 'integer' | 'number' | 'boolean' | 'list' | 'object';

/** What AWS would not take, or would never get to see. Paths are botocore's: `a.b[0].c`; '' is the whole. */
export type Problem =
  | {
      readonly kind: 'unknown';
      readonly path: string;
      readonly name: string;
      readonly valid: readonly string[];
      /** What stands in it is what belongs around it. */
      readonly isWrapper: boolean;
    }
  | { readonly kind: 'missing'; readonly path: string; readonly name: string }
  | { readonly kind: 'type'; readonly path: string; readonly met: Kind; readonly expected: readonly Kind[] };

export interface Check {
  readonly shapes: Shapes;
  /** The document is a user's, of which empty values vanish and to which what is missing may be added. */
  readonly isWritten: boolean;
}

/** All that is wrong with a structure, as botocore checks it before it sends anything. */
export function problemsIn(document: JsonObject, name: string, check: Check): readonly Problem[] {
  const found: Problem[] = [];
  findIn(document, { kind: 'structure', name }, '', { ...check, found });
  return found;
}

interface Finding extends Check {
  readonly found: Problem[];
}

function findIn(value: Json, shape: Shape, path: string, finding: Finding): void {
  if (shape.kind === 'structure' && isJsonObject(value)) {
    const structure = finding.shapes.get(shape.name);
    if (structure !== undefined) findInStructure(value, structure, path, finding);
  } else if (shape.kind === 'list' && Array.isArray(value)) {
    const items: readonly Json[] = value;
    for (const [at, item] of items.entries()) {
      if (!finding.isWritten || !isEmpty(item)) findIn(item, shape.of, `${path}[${at}]`, finding);
    }
  } else if (shape.kind === 'map' && isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (!finding.isWritten || !isEmpty(inner)) findIn(inner, shape.of, `${path}.${key}`, finding);
    }
  } else if (shape.kind === 'choice') {
    const fitting = shape.of.find((one) => kindsOf(one).includes(kindOf(value)));
    if (fitting === undefined) tellType(value, shape, path, finding);
    else findIn(value, fitting, path, finding);
  } else if (!kindsOf(shape).includes(kindOf(value))) {
    tellType(value, shape, path, finding);
  }
}

function findInStructure(value: JsonObject, structure: Structure, path: string, finding: Finding): void {
  const { members, required } = structure;
  const { found, isWritten } = finding;
  if (!isWritten) {
    for (const name of required) if (!Object.hasOwn(value, name)) found.push({ kind: 'missing', path, name });
  }
  for (const [name, inner] of Object.entries(value)) {
    if (isWritten && isEmpty(inner)) continue;
    const shape = members.get(name);
    if (shape !== undefined) findIn(inner, shape, path === '' ? name : `${path}.${name}`, finding);
    else {
      const isWrapper = isJsonObject(inner) && holdsMembers(inner, members);
      found.push({ kind: 'unknown', path, name, valid: [...members.keys()], isWrapper });
    }
  }
}

function tellType(value: Json, shape: Shape, path: string, { found }: Finding): void {
  found.push({ kind: 'type', path, met: kindOf(value), expected: kindsOf(shape) });
}

/** It, or several parts of it, would be right one level further out. */
function holdsMembers(inner: JsonObject, members: Structure['members']): boolean {
  const names = Object.keys(inner);
  const fitting = names.filter((name) => members.has(name)).length;
  return fitting > 1 || (fitting === 1 && names.length === 1);
}

function kindsOf(shape: Shape): readonly Kind[] {
  switch (shape.kind) {
    case 'list':
      return ['list'];
    case 'map':
    case 'structure':
      return ['object'];
    case 'size':
      return ['text', 'integer', 'number'];
    case 'scalar':
      return ['text', 'integer', 'number', 'boolean'];
    case 'any':
      return ['null', 'text', 'integer', 'number', 'boolean', 'list', 'object'];
    case 'choice':
      return shape.of.flatMap(kindsOf);
    case 'text':
    case 'integer':
    case 'boolean':
      return [shape.kind];
  }
}

/** An integer is one that arrives as it was written: larger ones have lost digits by now. */
function kindOf(value: Json): Kind {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  if (Array.isArray(value)) return 'list';
  return isJsonObject(value) ? 'object' : 'number';
}
