/** A text read as JSON. `flaw`: where it stops to be, without a word of it: it may hold secrets. */
export type JsonText =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'no-json'; readonly flaw: string };

/** Reads JSON of people: editors of Windows put a mark before it. */
export function readJson(text: string): JsonText {
  const plain = text.replace(/^\ufeff/, '');
  try {
    return { kind: 'json', value: JSON.parse(plain) };
  } catch (error) {
    return { kind: 'no-json', flaw: flawIn(plain, error) };
  }
}

/** V8 quotes what it stumbles over. */
function flawIn(text: string, error: unknown): string {
  if (text.trim() === '') return 'it is empty';
  const message = error instanceof Error ? error.message : '';
  if (message.includes('end of JSON input')) return 'it breaks off before its end';
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return 'it is something else';
  const before = text.slice(0, Number(position)).split('\n');
  return `it goes wrong in line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}
