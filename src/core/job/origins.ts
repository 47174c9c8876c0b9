import { isJsonObject, type Json } from '../../kernel/json.ts';
import type { Origin } from './ecs-job.ts';

/** Origins by JSON pointer. A pointer without an entry has the origin of the nearest one above it. */
export type Origins = ReadonlyMap<string, Origin>;

export function pointerTo(parent: string, key: string): string {
  return /[~/]/.test(key)
    ? `${parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    : `${parent}/${key}`;
}

export function originAt(origins: Origins, pointer: string, otherwise: Origin): Origin {
  if (origins.size === 0) return otherwise;
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const origin = origins.get(at);
    if (origin !== undefined) return origin;
    if (at === '') return otherwise;
  }
}

/** From what every run of a pool shares to what only one may see. */
const byPrivacy: readonly Origin[] = [
  'pool-template',
  'variable-default',
  'deployment',
  'worker-setting',
  'worker',
  'worker-environment',
  'prefect-variable',
  'flow-run',
  'block',
];

/** A text made of several values is as private as the most private of them. */
export function mostPrivate(one: Origin, other: Origin): Origin {
  return byPrivacy.indexOf(one) >= byPrivacy.indexOf(other) ? one : other;
}

/** Whether a text may hold what no error may show. */
export function isPrivate(origin: Origin): boolean {
  return origin === 'worker-environment' || origin === 'prefect-variable' || origin === 'block';
}

/** One origin for a value and everything in it. */
export function markAll(origins: Map<string, Origin>, pointer: string, value: Json, origin: Origin): void {
  origins.set(pointer, origin);
  if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value))
      markAll(origins, pointerTo(pointer, key), inner, origin);
  } else if (Array.isArray(value)) {
    value.forEach((item: Json, index) => markAll(origins, pointerTo(pointer, String(index)), item, origin));
  }
}
