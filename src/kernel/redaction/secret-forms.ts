import { Buffer } from 'node:buffer';

/**
 * Longer texts are looked for piece by piece: so a part of one is found, too, and no place of a
 * text costs more than another.
 */
export const longestPiece = 64;

/**
 * A line of a secret of many lines, as a log shows it; a shorter one is a brace or the end of a
 * block.
 */
const shortestLine = 16;

/** Bytes. What fewer say in base64 is too little to look for inside a longer text. */
const shortestInBase64 = 6;

/**
 * The texts in which a secret may stand: raw, as JSON once and twice, in a URL, in base64 (whatever
 * stands around it), and line by line. Each at most `longestPiece` long; none is empty.
 */
export function formsOf(secret: string): readonly string[] {
  const escaped = asJson(secret);
  const forms = [
    secret,
    escaped,
    asJson(escaped),
    ...inUrls(secret),
    ...inBase64(secret),
    ...linesOf(secret),
    ...asWords(secret),
  ];
  return [...new Set(forms.flatMap(piecesOf))].filter((form) => form !== '');
}

function asJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function inUrls(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\uFFFD'));
  if (encoded === secret) return [];
  const strict = encoded.replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [encoded, strict].flatMap((text) => [
    text,
    text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    text.replaceAll('%20', '+'),
  ]);
}

/**
 * What is the same wherever it stands in a longer text: at each of three offsets, without the signs
 * that neighbours share.
 */
function inBase64(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < shortestInBase64)
    return [bytes.toString('base64'), bytes.toString('base64url')];
  return [0, 1, 2].flatMap((offset) => {
    const signs = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const first = [0, 2, 3][offset];
    const own = signs.slice(first, (offset + bytes.length) % 3 === 0 ? undefined : -1);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function linesOf(secret: string): readonly string[] {
  if (!secret.includes('\n')) return [];
  return secret
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestLine && !line.startsWith('-----'));
}

/** Between the texts of a list, where a list is looked through as one text. */
export const between = '\u0000';

/**
 * A command is split into words: a secret of several stands there as neighbours in a list. Its
 * single words stay as they are.
 */
function asWords(secret: string): readonly string[] {
  const words = secret.split(/[\s'"]+/).filter((word) => word !== '');
  return words.length < 2 ? [] : [words.join(between), words.map(asJson).join('","')];
}

/** Pieces of about one length, end to end: a match of each takes the whole out. */
function piecesOf(text: string): readonly string[] {
  const count = Math.ceil(text.length / longestPiece);
  const length = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, at) => text.slice(at * length, (at + 1) * length));
}
