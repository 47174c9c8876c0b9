/**
 * Whether a pattern covers a text. `?` matches one character and `*` any number, but neither
 * matches `/`: `*.example.com/x` does not cover `evil.org/a.example.com/x`. A last part that is
 * only `*` covers everything that follows: `registry.example.com/*`. Users control the texts, so
 * the time is at most the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('/');
  const names = text.split('/');
  const takesRest = parts.at(-1) === '*';
  if (takesRest ? names.length < parts.length : names.length !== parts.length) return false;
  return parts.every((part, at) => matchesPart(part, String(names[at])));
}

/** Backtracks to the last `*` only: it can match whatever an earlier one could. */
function matchesPart(pattern: string, text: string): boolean {
  let [at, star, resumeAt] = [0, -1, 0];
  for (let next = 0; next < text.length;) {
    if (pattern[at] === '*') {
      star = at;
      resumeAt = next;
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === text[next]) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      at = star + 1;
      resumeAt += 1;
      next = resumeAt;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
