import type { Secret } from '../secret.ts';

/**
 * A text that no exit may show. `block`: somebody keeps it as a secret, so it counts whatever it
 * is. `credential`: a key, a token or a password, which is never short. `named`: it is the value of
 * a variable whose name sounds secret, as many harmless values are.
 */
export interface KnownSecret {
  readonly secret: Secret;
  readonly origin: 'block' | 'credential' | 'named';
}

/** How a secret is looked for: anywhere in a text, or only where it stands as a word of its own. */
export type Reach = 'anywhere' | 'as-a-word';

/** A shorter one is in many words that have nothing to do with it. */
const shortestAnywhere = 8;
const shortestCredential = 4;
/** A shorter value of a variable that sounds secret is `true`, `prod` or a number. */
const shortestNamed = 5;

/** Of a path or a URL: a longer part with digits and letters is no name. */
const shortestKey = 16;

/** Of words alone; a shorter one is a name: `azure-ad`, `interactive`. */
const shortestPhrase = 16;

/** Where a secret is looked for; undefined: nowhere, since nothing would be left to read. */
export function reachOf(text: string, origin: KnownSecret['origin']): Reach | undefined {
  if (text.trim() === '') return undefined;
  if (origin === 'named' && isHarmless(text)) return undefined;
  // Of digits alone: a password, or the number of an account, which must stay readable in an ARN.
  if (text.length >= shortestAnywhere)
    return origin === 'named' && /^\d+$/.test(text) ? 'as-a-word' : 'anywhere';
  const counts: Readonly<Record<KnownSecret['origin'], boolean>> = {
    block: true,
    credential: text.length >= shortestCredential,
    named: text.length >= shortestNamed && isMixed(text),
  };
  return counts[origin] ? 'as-a-word' : undefined;
}

/**
 * Of what `AUTH_MODE`, `TOKEN_FILE` or `SECRET_ARN` hold: names, places, switches. A URL's own
 * secrets are known by its shape.
 */
function isHarmless(text: string): boolean {
  return (
    /^arn:aws[\w-]*:/.test(text) ||
    (/^(?:(?:\.{0,2}|~)\/[\w./-]*$|[a-z][a-z0-9+.-]*:\/\/)/i.test(text) && !holdsKey(text)) ||
    /^[a-z]{2}(?:-[a-z]+)+-\d$/.test(text) ||
    (/^[\d.:]*$/.test(text) && !/^\d{8,}$/.test(text)) ||
    (text.length < shortestPhrase && /^[A-Za-z]+(?:[ _-][A-Za-z]+)*$/.test(text))
  );
}

/**
 * A path or a URL may be a key itself (base64 may begin with `/`), or have one in it, as webhooks
 * do.
 */
function holdsKey(text: string): boolean {
  return text
    .split(/[^\w-]+/)
    .some((part) => part.length >= shortestKey && isMixed(part) && /\d/.test(part));
}

function isMixed(text: string): boolean {
  return /[A-Za-z]/.test(text) && /[^A-Za-z]/.test(text);
}
