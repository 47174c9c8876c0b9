import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { isPrivate, partOf, type Origins } from './origins.ts';
import { placeholdersInText, textsOf } from './placeholders.ts';

/** Enough to notice: a text for another templating program may have hundreds. */
const toldAtMost = 5;
/** In characters. */
const longestMatch = 80;

/**
 * Notices about placeholders that remain at the end. They are in values, which are not templated
 * again, and reach AWS unchanged. The job's name is excluded, because it is filled in later.
 */
export function placeholderNotices(complete: JsonObject, origins: Origins): readonly string[] {
  const found: string[] = [];
  if (!textsOf(complete).some((text) => text.includes('{{'))) return found; // most jobs
  for (const [key, value] of Object.entries(complete)) {
    if (key !== 'name') findLeft(value, partOf(origins, key), key, found);
  }
  return found;
}

function findLeft(value: Json, origins: Origins, path: string, found: string[]): void {
  if (found.length >= toldAtMost) return;
  if (typeof value === 'string') {
    const [left] = placeholdersInText(value);
    if (left !== undefined) found.push(noticeOf(left.match, origins, path));
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries())
      findLeft(item, partOf(origins, String(at)), `${path}[${at}]`, found);
  } else if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value))
      findLeft(inner, partOf(origins, key), `${path}.${key}`, found);
  }
}

/** A text from a block or Prefect variable is not shown: it may be secret. */
function noticeOf(match: string, { origin }: Origins, path: string): string {
  const isShown = (origin === undefined || !isPrivate(origin)) && match.length <= longestMatch;
  const what = isShown ? `The placeholder '${match}'` : 'A placeholder';
  return (
    `${what} in ${path} is sent unchanged, because placeholders in values are not filled in. ` +
    "Move it to the pool's template."
  );
}
