import { isJsonObject, type Json } from '../../kernel/json.ts';

/** A value as Python writes it into text: a string as it is, anything else by `pyRepr`. */
export function pyStr(value: Json): string {
  return typeof value === 'string' ? value : pyRepr(value);
}

/** Python's `repr` of a JSON value. Rendered templates, state messages and errors show it. */
export function pyRepr(value: Json): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return numberRepr(value);
  if (typeof value === 'string') return textRepr(value);
  if (isJsonObject(value)) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${textRepr(key)}: ${pyRepr(inner)}`)
      .join(', ')}}`;
  }
  return `[${value.map((item: Json) => pyRepr(item)).join(', ')}]`;
}

/** A whole number is taken for an integer: JSON does not tell `1` from `1.0` once it is parsed. */
function numberRepr(value: number): string {
  return Number.isInteger(value) ? String(value) : floatRepr(value);
}

/** Python's `repr` of a float: a fraction always, an exponent of two digits from 1e16 up and below 1e-4. */
export function floatRepr(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e16 || (size > 0 && size < 1e-4)) {
    return value.toExponential().replace(/(?<=e[+-])\d$/, (digit) => `0${digit}`);
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
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
      escaped += namedEscapes[character] ?? (isPrintable(character) ? character : numericEscape(character));
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
