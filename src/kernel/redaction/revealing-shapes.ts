import { hidden } from './secret-index.ts';

// Each pattern is written so that a text costs what it is long: what may repeat never contains what
// comes behind it.

/**
 * User and password of a URL: `https://user:password@host`. The user of `ssh://git@host` says
 * nothing.
 */
const userinfo = /(:\/\/)([^\s/?#"'<>@\\]*)@/g;

/** Parameters of a URL's query that let whoever has them in. */
const queryToken =
  /([?&;](?:[\w-]*(?:token|secret|password|passwd|signature|credential|api[_-]?key|apikey)|sig|auth|pwd|key))=[^&\s"'<>#\\]+/gi;

/** A private key, also where line ends are written `\n`; cut off: all that is left. */
const privateKey =
  /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S])*(?:-----END [A-Z ]{0,40}-----)?/g;

/** Takes out of a text what shows by its shape alone that it is a secret, whoever wrote it. */
export function withoutRevealingShapes(text: string): string {
  let shown = text;
  if (text.includes('://')) {
    shown = shown.replace(userinfo, (whole, slashes: string, user: string, at: number) =>
      user === 'git' || shownAlready(user) || isSshUser(text, at, user)
        ? whole
        : `${slashes}${hidden}@`,
    );
  }
  if (text.includes('='))
    shown = shown.replace(queryToken, (_, name: string) => `${name}=${hidden}`);
  if (text.includes('-----BEGIN')) shown = shown.replace(privateKey, hidden);
  return shown;
}

function shownAlready(user: string): boolean {
  return user === hidden;
}

/** `ssh://deploy@host`: keys let in there, and a name without a password is none. */
function isSshUser(text: string, at: number, user: string): boolean {
  return !user.includes(':') && /(?:ssh|sftp)$/.test(text.slice(Math.max(0, at - 4), at));
}
