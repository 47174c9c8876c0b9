const secondsPer = { W: 604_800, D: 86_400, H: 3600, M: 60, S: 1 } as const;

/**
 * Seconds or an ISO 8601 duration in pydantic's format: days, hours, minutes, seconds. Other text
 * stays as it is.
 */
export function durationText(text: string): string {
  const seconds = secondsOf(text.trim());
  if (seconds === undefined) return text;
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / secondsPer.D);
  const time = [
    [Math.floor((whole % secondsPer.D) / secondsPer.H), 'H'],
    [Math.floor((whole % secondsPer.H) / secondsPer.M), 'M'],
    [toMicroseconds(seconds - Math.floor(whole / secondsPer.M) * secondsPer.M), 'S'],
  ] as const;
  const parts = time.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join('');
  if (days === 0 && parts === '') return 'PT0S';
  return `P${days === 0 ? '' : `${days}D`}${parts === '' ? '' : `T${parts}`}`;
}

/** Below a microsecond, the rest of a subtraction is a floating-point error. */
function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function secondsOf(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^P(?=.*\d)(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/i.test(text)) return undefined;
  return [...text.toUpperCase().matchAll(/([\d.]+)([WDHMS])/g)].reduce(
    // The pattern allows only these letters.
    (sum, [, count = '0', unit = 'S']) =>
      sum + Number(count) * secondsPer[unit as keyof typeof secondsPer],
    0,
  );
}
