/**
 * Whether a pattern covers a text. `?` is one character and `*` any number, but no `/`:
 * `*.example.com/x` covers no `evil.org/a.example.com/x`. A last part that is `*` alone covers all
 * that follows: `registry.example.com/*`. Patterns are ours, texts are users': what is long costs
 * its length times that of the pattern at most.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('/');
  const names = text.split('/');
  const takesRest = parts.at(-1) === '*';
  if (takesRest ? names.length < parts.length : names.length !== parts.length) return false;
  return parts.every((part, at) => matchesPart(part, String(names[at])));
}

/** Goes back to the last `*` alone: what an earlier one might take, that one can take, too. */
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
