import { isJsonObject, WrittenNumber, type Json } from '../../kernel/json.ts';
import { floatRepr } from '../../kernel/python-float.ts';

/** Python's `str` of a JSON value: a string as it is, anything else as `pyRepr`. */
export function pyStr(value: Json): string {
  return typeof value === 'string' ? value : pyRepr(value);
}

/** Python's `repr` of a JSON value, for rendered templates, state messages and errors. */
export function pyRepr(value: Json): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return numberRepr(value);
  if (value instanceof WrittenNumber) return value.text;
  if (typeof value === 'string') return textRepr(value);
  if (isJsonObject(value)) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${textRepr(key)}: ${pyRepr(inner)}`)
      .join(', ')}}`;
  }
  return `[${value.map((item: Json) => pyRepr(item)).join(', ')}]`;
}

/** A whole number is an integer here; one that Python reads as a float is a `WrittenNumber`. */
function numberRepr(value: number): string {
  return Number.isInteger(value) ? String(value) : floatRepr(value);
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let escaped = '';
  for (const character of text) {
    if (character === quote) escaped += `\\${character}`;
    else
      escaped +=
        namedEscapes[character] ?? (isPrintable(character) ? character : numericEscape(character));
  }
  return `${quote}${escaped}${quote}`;
}

function isPrintable(character: string): boolean {
  return character === ' ' || !/[\p{C}\p{Z}]/u.test(character);
}

function numericEscape(character: string): string {
  const point = Number(character.codePointAt(0));
  const hex = point.toString(16);
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return point <= 0xff_ff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
