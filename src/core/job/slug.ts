import { decode } from 'html-entities';
import unidecode from 'unidecode';

/** Unicode blocks that text-unidecode replaces by a separator; `unidecode` would drop them. */
const unknownBlocks =
  /[\u02ef-\u02ff\u03f5-\u03ff\u0800-\u08ff\u1900-\u1dff\u2900-\u2dff\u3400-\u4cff\ua500-\uabff\ue000-\uf8ff]/g;

/**
 * python-slugify with its defaults. Worker resource ids are made with it, and automations match on
 * them: another slug is another worker to Prefect (prefect-api.md 7.3).
 */
export function slugOf(text: string): string {
  const known = text
    .replace(/'+/g, '-')
    .normalize('NFKD')
    .replace(/[\x80-\x9f\u02e5-\u02eb]/g, '')
    .replace(unknownBlocks, ' ');
  const ascii = unidecode(known);
  return withEntities(ascii)
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll("'", '')
    .replace(/(?<=\d),(?=\d)/g, '')
    .replace(/[^-a-zA-Z0-9]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-|-$/g, '');
}

/**
 * Decodes HTML references as python-slugify does: named, then decimal, then hexadecimal. One
 * invalid number stops the decoding of its whole kind.
 */
export function withEntities(text: string): string {
  // `&apos;` is XML: the library's table has it, but HTML 4's and Python's tables do not.
  const named = text.replace(/&(?!apos;)[a-zA-Z][a-zA-Z0-9]*;/g, (reference) =>
    decode(reference, { level: 'html4', scope: 'strict' }),
  );
  const decimal = withNumbers(named, /&#(\d+);/g, 10);
  return withNumbers(decimal, /&#x([\da-fA-F]+);/g, 16);
}

const lastCodePoint = 0x10_ff_ff;

function withNumbers(text: string, pattern: RegExp, radix: number): string {
  let isValid = true;
  const decoded = text.replace(pattern, (reference, digits: string) => {
    const point = Number.parseInt(digits, radix);
    isValid &&= point <= lastCodePoint;
    return isValid ? String.fromCodePoint(point) : reference;
  });
  return isValid ? decoded : text;
}
