/** Ignores case, blanks, dashes and underscores, which people confuse. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/** In characters. Longer texts are not names, and comparing them would take quadratic time. */
const longestName = 100;

/**
 * The candidate that was most likely meant by `name`, if any is similar. A third of a name may be
 * mistyped, or a part of it missing or added: `memory_limit` is similar to `memory`.
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

/** 0 to 1 for a mistyped name, 1 to 2 for a name that is part of the other, else undefined. */
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

/** The number of insertions, deletions, substitutions and swaps of neighbours. */
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
