/**
 * Names are compared as people confuse them: without regard to case, blanks, dashes and
 * underscores.
 */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/**
 * Characters that are compared: what is longer is no name, and would cost the square of its length.
 */
const longestName = 100;

/**
 * The candidate that somebody who wrote `name` most probably meant; undefined where none is near. A
 * third of a name may be mistyped, or a part of it be missing or too much: `memory_limit` is near
 * to `memory`.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const written = plain(name.slice(0, longestName));
  let nearest: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const meant = plain(candidate.slice(0, longestName));
    const distance = distanceOf(written, meant);
    if (distance !== undefined && distance < (nearest?.distance ?? Infinity))
      nearest = { candidate, distance };
  }
  return nearest?.candidate;
}

/**
 * From 0 to 1 for what may be the same name, 1 to 2 for one that is a part of the other; else
 * undefined.
 */
function distanceOf(written: string, meant: string): number | undefined {
  const longer = Math.max(written.length, meant.length);
  const shorter = Math.min(written.length, meant.length);
  if (longer === 0) return undefined;
  const most = Math.floor(longer / 3);
  if (longer - shorter <= most) {
    const edits = editDistance(written, meant);
    if (edits <= most) return edits / longer;
  }
  const isPart = shorter >= 3 && (written.includes(meant) || meant.includes(written));
  return isPart ? 2 - shorter / longer : undefined;
}

/** How many characters must be put in, left out, exchanged, or swapped with the next one. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 2] === to[column - 1] && from[row - 1] === to[column - 2];
      next.push(
        Math.min(
          (last[column] ?? Infinity) + 1,
          (next[column - 1] ?? Infinity) + 1,
          (last[column - 1] ?? Infinity) + (isSame ? 0 : 1),
          isSwap && row > 1 && column > 1 ? (before[column - 2] ?? Infinity) + 1 : Infinity,
        ),
      );
    }
    before = last;
    last = next;
  }
  return last[to.length] ?? 0;
}
