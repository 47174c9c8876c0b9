/**
 * Shortens a text from ECS or a user to one printable, well-formed line of at most `maxLength`
 * UTF-16 units.
 */
export function oneLine(text: string, maxLength: number): string {
  // Cut first: a text may be megabytes long. Twice the length, because runs of blanks collapse.
  const line = wellFormed(text.slice(0, maxLength * 2))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length <= maxLength ? line : `${wellFormed(line.slice(0, maxLength - 1))}…`;
}

/** Replaces lone surrogates: encoders throw on them, and Prefect's API rejects them. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\uFFFD');
}
