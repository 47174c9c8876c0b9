import { hidden } from './secret-index.ts';

// All patterns take linear time: a repeated part never matches the character that follows it.

/** User and password in a URL: `https://user:password@host`. `ssh://git@host` has no secret. */
const userinfo = /(:\/\/)([^\s/?#"'<>@\\]*)@/g;

/** Query parameters that grant access. */
const queryToken =
  /([?&;](?:[\w-]*(?:token|secret|password|passwd|signature|credential|api[_-]?key|apikey)|sig|auth|pwd|key))=[^&\s"'<>#\\]+/gi;

/**
 * A private key, also with escaped line ends (`\n`). If it is truncated, to the end of the text.
 */
const privateKey =
  /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S])*(?:-----END [A-Z ]{0,40}-----)?/g;

/** Redacts parts of a text that are secrets by their shape, wherever they come from. */
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

/** `ssh://deploy@host` uses keys; a user name without a password is not a secret. */
function isSshUser(text: string, at: number, user: string): boolean {
  return !user.includes(':') && /(?:ssh|sftp)$/.test(text.slice(Math.max(0, at - 4), at));
}
