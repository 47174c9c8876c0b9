import { Buffer } from 'node:buffer';

/**
 * Longer secrets are searched for in pieces. This also finds a part of one, and bounds the work at
 * each position of a text.
 */
export const longestPiece = 64;

/** The minimum length of a line of a multi-line secret. Shorter lines are braces and the like. */
const shortestLine = 16;

/** In bytes. The base64 of fewer would match too much in a longer text. */
const shortestInBase64 = 6;

/**
 * The forms in which a secret may appear: raw, as JSON once and twice, in a URL, in base64 (with
 * any neighbours), and line by line. Each has at most `longestPiece` characters; none is empty.
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
 * The base64 within a longer text: for each of three offsets, without characters that mix with
 * neighbours.
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

/** Separates the items when a list is searched as one text. */
export const between = '\u0000';

/**
 * For commands, which are lists of words: a secret with several words spans neighbouring items.
 * Single words of it are not redacted.
 */
function asWords(secret: string): readonly string[] {
  const words = secret.split(/[\s'"]+/).filter((word) => word !== '');
  return words.length < 2 ? [] : [words.join(between), words.map(asJson).join('","')];
}

/** Adjacent pieces of about equal length: if all match, the whole secret is redacted. */
function piecesOf(text: string): readonly string[] {
  const count = Math.ceil(text.length / longestPiece);
  const length = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, at) => text.slice(at * length, (at + 1) * length));
}
