import { isJsonObject, type Json } from '../../kernel/json.ts';

/**
 * A `{{ name }}` in a text. Names are letters and digits of any script, `_` and `. - [ ] $`;
 * anything else between braces is plain text, which a shell command may need (prefect-api.md 4.3).
 */
export interface Placeholder {
  readonly match: string;
  readonly name: string;
  readonly kind: 'standard' | 'block' | 'variable' | 'environment';
}

export const blockPrefix = 'prefect.blocks.';
export const variablePrefix = 'prefect.variables.';

/**
 * Python's `\w` and `\s`. Unlike JavaScript's, they exclude combining marks and the byte order
 * mark, and include the separators U+001C to U+001F.
 */
const pattern =
  /\{\{[\t-\r\x1c-\x20\x85\p{Z}]*([\p{L}\p{N}_.\-[\]$]+)[\t-\r\x1c-\x20\x85\p{Z}]*\}\}/gu;

const none: readonly Placeholder[] = [];

/** A cache: all runs of a pool have the same template texts. */
const known = new Map<string, readonly Placeholder[]>();
const mostKnown = 2_000;
/** In characters. Longer texts are rare, and would make the cache large. */
const longestKnown = 4_096;

/** The placeholders of a text, in order of appearance. */
export function placeholdersInText(text: string): readonly Placeholder[] {
  if (!text.includes('{{')) return none; // most texts of a template
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  const found = scanned(text);
  if (text.length > longestKnown) return found;
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

/** Replaces placeholders; `undefined` keeps one. Replacements are not scanned again. */
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

/** Distinct placeholder names in a template, in order of appearance. Keys are not templated. */
export function findPlaceholders(template: Json): readonly string[] {
  const names = new Set<string>();
  for (const text of textsOf(template))
    for (const { name } of placeholdersInText(text)) names.add(name);
  return [...names];
}

/** Every text in a document, in order. */
export function textsOf(template: Json): readonly string[] {
  const texts: string[] = [];
  collectTexts(template, texts);
  return texts;
}

function collectTexts(template: Json, texts: string[]): void {
  if (typeof template === 'string') texts.push(template);
  else if (Array.isArray(template)) for (const item of template) collectTexts(item, texts);
  else if (isJsonObject(template))
    for (const inner of Object.values(template)) collectTexts(inner, texts);
}

/** The placeholder, if it is the whole text. Its replacement then keeps its own type. */
export function wholePlaceholder(text: string): Placeholder | undefined {
  const [first] = placeholdersInText(text);
  return first?.match === text ? first : undefined;
}
