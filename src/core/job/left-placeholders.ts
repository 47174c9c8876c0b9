import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { isPrivate, partOf, type Origins } from './origins.ts';
import { placeholdersInText, textsOf } from './placeholders.ts';

/** The first say it: a text that another program fills in may hold hundreds. */
const toldAtMost = 5;
/** Characters. */
const longestMatch = 80;

/**
 * Placeholders that are still there when all is filled in: those in values, which are not filled in
 * again. They reach AWS as they are. The job's name is filled in later.
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

/** What came out of a block or a variable is not shown: it may be secret. */
function noticeOf(match: string, { origin }: Origins, path: string): string {
  const isShown = (origin === undefined || !isPrivate(origin)) && match.length <= longestMatch;
  const what = isShown ? `The placeholder '${match}'` : 'A placeholder';
  return (
    `${what} in ${path} is sent as it is: it stands in a value, and values are not filled in. ` +
    "Write it into the pool's template."
  );
}
