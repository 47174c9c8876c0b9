/** A part of a text, [from, to) in bytes. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

interface Member {
  readonly name: ByteRange;
  /** The start of its value. */
  readonly value: number;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Locates the objects in the array `member` of a JSON object in UTF-8, without parsing them.
 * Undefined if there is no such array, if it contains anything else, or if the text is truncated;
 * such a text is for a real parser.
 */
export function objectsIn(json: Uint8Array, member: string): readonly ByteRange[] | undefined {
  const array = memberOf(json, member)?.value;
  return array === undefined ? undefined : elementsFrom(json, array);
}

/** The text of a JSON object without one of its members. Unchanged if it has no such member. */
export function withoutMember(json: Uint8Array, member: string): readonly Uint8Array[] {
  const found = memberOf(json, member);
  if (found === undefined) return [json];
  const end = afterValue(json, found.value);
  const next = afterSpace(json, end);
  if (json[next] === comma) return [json.subarray(0, found.name.from), json.subarray(next + 1)];
  const before = json.subarray(0, found.name.from);
  // The member before it, if any.
  const lastComma = before.lastIndexOf(comma);
  return [lastComma < 0 ? before : before.subarray(0, lastComma), json.subarray(end)];
}

function memberOf(json: Uint8Array, member: string): Member | undefined {
  const wanted = new TextEncoder().encode(`"${member}"`);
  for (const found of membersOf(json)) {
    const name = json.subarray(found.name.from, found.name.to);
    if (name.length === wanted.length && name.every((byte, at) => byte === wanted[at]))
      return found;
  }
  return undefined;
}

/** Lazy: skips a value only when the next member is requested. */
function* membersOf(json: Uint8Array): Generator<Member, void> {
  let at = afterSpace(json, 0);
  if (json[at] !== openBrace) return;
  do {
    const from = afterSpace(json, at + 1);
    if (json[from] !== quote) return;
    const to = afterString(json, from);
    const mark = afterSpace(json, to);
    if (json[mark] !== colon) return;
    const value = afterSpace(json, mark + 1);
    yield { name: { from, to }, value };
    at = afterSpace(json, afterValue(json, value));
  } while (json[at] === comma);
}

function elementsFrom(json: Uint8Array, open: number): readonly ByteRange[] | undefined {
  if (json[open] !== openBracket) return undefined;
  const found: ByteRange[] = [];
  let from = afterSpace(json, open + 1);
  if (json[from] === closeBracket) return found;
  while (json[from] === openBrace) {
    const to = afterNested(json, from);
    found.push({ from, to });
    const next = afterSpace(json, to);
    if (json[next] === closeBracket) return found;
    if (json[next] !== comma) return undefined;
    from = afterSpace(json, next + 1);
  }
  return undefined;
}

/** The end of the value, or the end of a truncated text; so do all functions below. */
function afterValue(json: Uint8Array, from: number): number {
  const first = json[from];
  if (first === quote) return afterString(json, from);
  if (first === openBrace || first === openBracket) return afterNested(json, from);
  let at = from;
  while (at < json.length && json[at] !== comma && json[at] !== closeBrace) at += 1;
  return at;
}

/** Counts braces and brackets alike. The parser checks whether they match. */
function afterNested(json: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) at = afterString(json, at) - 1;
    else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return json.length;
}

function afterString(json: Uint8Array, from: number): number {
  for (let at = from + 1; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) at += 1;
  }
  return json.length;
}

function afterSpace(json: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(json[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
