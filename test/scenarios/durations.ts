const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Converts `250ms`, `90s`, `8m` or `1h` to milliseconds. */
export function msOf(duration: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration);
  const unit = units[match?.[2] ?? ''];
  if (match === null || unit === undefined) throw new Error(`'${duration}' is no duration`);
  return Number(match[1]) * unit;
}
