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

/** Python writes floats below 1e-4 with a two-digit exponent. A whole number is taken for an integer. */
function numberRepr(value: number): string {
  const text = String(value);
  if (Number.isInteger(value)) return /e/.test(text) ? text : text.replace(/^-0$/, '0');
  if (Math.abs(value) >= 1e-4) return text;
  const [digits, exponent] = value.toExponential().split('e-');
  return `${digits ?? ''}e-${(exponent ?? '').padStart(2, '0')}`;
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
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return point <= 0xff_ff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
