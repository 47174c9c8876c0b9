/**
 * A moment as `2030-01-01T00:00:00.000000Z`: always UTC with six digits, so that moments compare as
 * text. Prefect counts microseconds, and moves a state by one if its run has another state at the
 * same moment.
 */
export type Timestamp = string;

/** Microseconds since 1970. Fits a double until the year 2255. */
export function microsOf(timestamp: Timestamp): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`) * 1000 + Number(timestamp.slice(23, 26));
}

export function timestampOf(micros: number): Timestamp {
  const millis = Math.floor(micros / 1000);
  const rest = String(micros - millis * 1000).padStart(3, '0');
  return `${new Date(millis).toISOString().slice(0, 23)}${rest}Z`;
}

export function timestampOfDate(date: Date): Timestamp {
  return `${date.toISOString().slice(0, 23)}000Z`;
}

export function plusSeconds(timestamp: Timestamp, seconds: number): Timestamp {
  return timestampOf(microsOf(timestamp) + Math.round(seconds * 1_000_000));
}

export function secondsBetween(from: Timestamp, to: Timestamp): number {
  return (microsOf(to) - microsOf(from)) / 1_000_000;
}

const pattern =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * Reads what Prefect's server accepts: `T` or a blank, and any offset. Without an offset it is UTC.
 */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, day = '', time = '', fraction = '', offset = 'Z'] = match;
  const micros = fraction.padEnd(6, '0').slice(0, 6);
  const seconds = time.length === 5 ? `${time}:00` : time;
  const millis = Date.parse(`${day}T${seconds}.${micros.slice(0, 3)}${normalOffset(offset)}`);
  return Number.isNaN(millis) ? undefined : timestampOf(millis * 1000 + Number(micros.slice(3)));
}

function normalOffset(offset: string): string {
  if (offset === 'Z' || offset === 'z') return 'Z';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset[0] ?? '+'}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
