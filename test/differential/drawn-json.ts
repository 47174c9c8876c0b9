import fc from 'fast-check';
import { parseKeeping } from '../../src/kernel/written-numbers.ts';

const names = [
  'x',
  'y',
  'z',
  'a.b',
  'a[0]',
  'a[1].c',
  'a.0',
  'x.0',
  'a.-1',
  'n-k',
  '$FOO',
  '$NOPE',
  '$$FOO',
  'prefect.blocks.secret.s',
  'prefect.variables.v',
  'ä',
  'e\u0301',
  'x_1',
  'constructor',
  '$constructor',
  '__proto__.x',
  'toString',
  '[0]',
  '.x',
  'x.',
  'a..b',
  'a.b.c',
  '0',
  '१',
];

const space = fc.constantFrom('', ' ', '\n', '  ', '\t', '\u00a0', '\u001f', '\ufeff', '\u0085');

const placeholder = fc
  .tuple(space, fc.constantFrom(...names), space)
  .map(([before, name, after]) => `{{${before}${name}${after}}}`);

const piece = fc.oneof(
  { weight: 3, arbitrary: placeholder },
  fc.constantFrom('', 'a', '-', '{', '}', '{{', '}}', '{{ a b }}', '$&', '$1', "'"),
);

/** Text with placeholders, valid and invalid. */
const templateText = fc.oneof(
  placeholder,
  fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join('')),
);

/** Unicode ranges with letters that Node knows and Python 3.11 does not, so it escapes them. */
const newerThanPython =
  /[\u0500-\u1dff\u2400-\u4dff\ua000-\ufefe\u{10000}-\u{1f2ff}\u{1f600}-\u{1ffff}\u{2a6de}-\u{3ffff}]/u;

/** Text of any script. */
export const anyText = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ maxLength: 12, unit: 'binary' }), fc.string())
  .filter((text) => !newerThanPython.test(text));

const leaf = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(0.5, -1.25, 1e-5, 123_456.789, 1.5e-7, 5e-324, 0.0001),
  fc
    .oneof(
      fc.constantFrom('2.0', '2.50', '-0.0', '1e16', '1E5', '1e-400', '9007199254740993.5', '1e22'),
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential()),
      fc.integer().map((value) => `${value}.00`),
    )
    .map((literal) => parseKeeping(literal, 'all')),
  templateText,
  anyText,
);

/**
 * Without keys that look like integers, which JSON.parse reorders. That is a limit of JavaScript,
 * and no vector has such a key either.
 */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '0', 'k', 'constructor', '{{ x }}'),
  fc.string({ maxLength: 3 }).filter((text) => text !== '__proto__' && !/^\d+$/.test(text)),
);

/** Templates, which are JSON with placeholders in strings. */
export const templateJson: fc.Arbitrary<unknown> = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).json;

/** The values that fill a template. */
export const templateValues = fc.dictionary(
  fc.constantFrom('x', 'y', 'a', 'n-k', 'ä', 'constructor', 'a.b', 'x_1'),
  templateJson,
  { noNullPrototype: true },
);

/** Scripts that both libraries transliterate by the same tables. */
const sameTables = /^[\u0000-\u024f\u0370-\u0500\u2000-\u206f\u4e00-\u9fa5]*$/;

const slugPieces = [
  '&amp;',
  '&#65;',
  '&#x41;',
  '&eacute;',
  "'",
  '1,000',
  '--',
  'é',
  'ß',
  '中',
  '-',
  '&#99999999;',
  '&lt',
  '&apos;',
  'A_b',
  'Æ',
  'İ',
  'ﬁ',
  ' ',
  '.',
  '/',
  '@',
];

/** Text for slugs: entities, apostrophes, grouped digits, letters of other scripts. */
export const slugText = fc.oneof(
  anyText.filter((text) => sameTables.test(text)),
  fc.array(fc.constantFrom(...slugPieces)).map((parts) => parts.join('')),
);

/** Text for command lines. */
export const commandText = fc
  .array(
    fc.constantFrom(
      'a',
      ' ',
      '  ',
      "'",
      '"',
      '\\',
      '#',
      '$HOME',
      '\n',
      'é',
      '""',
      "''",
      '\t',
      ';',
      '|',
    ),
  )
  .map((parts) => parts.join(''));
