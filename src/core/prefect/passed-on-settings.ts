import { settingsCatalogue, type PrefectSetting, type SettingType } from './settings-catalogue.ts';

/** A value as a source holds it: text from environments and profiles, anything from TOML. */
export type RawSetting = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;

/** Where Prefect is told to look for the Cloud. */
export const defaultCloudApiUrl = 'https://api.prefect.cloud/api';

/** What the Cloud takes of one log entry, in bytes. */
const cloudMaxLogSize = '25000';

/** Looks a setting up under its canonical name, then under its aliases. */
export function findSetting<T>(
  setting: Pick<PrefectSetting, 'name' | 'aliases'>,
  valueOf: (name: string) => T | undefined,
): T | undefined {
  for (const name of [setting.name, ...setting.aliases]) {
    const value = valueOf(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * The worker's Prefect settings as environment variables for a container: every known one that any source sets, never
 * a default, under its canonical name and in Prefect's own format (prefect-api.md 5.2). Secrets are in clear.
 */
export function passedOnSettings(
  valueOf: (name: string) => RawSetting | undefined,
): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const setting of settingsCatalogue) {
    const value = findSetting(setting, valueOf);
    if (value !== undefined) passed[setting.name] = settingText(value, setting.type);
  }
  if (passed['PREFECT_DEBUG_MODE'] === 'True') delete passed['PREFECT_LOGGING_LEVEL'];
  const cloudUrl = passed['PREFECT_CLOUD_API_URL'] ?? defaultCloudApiUrl;
  if (passed['PREFECT_API_URL']?.startsWith(cloudUrl) === true) {
    passed['PREFECT_LOGGING_TO_API_MAX_LOG_SIZE'] ??= cloudMaxLogSize;
  }
  return passed;
}

/** A value in Prefect's own format for its type. */
export function settingText(value: RawSetting, type: SettingType): string {
  switch (type) {
    case 'boolean':
      return booleanText(value);
    case 'float':
      return floatText(value);
    case 'floats':
      return Array.isArray(value) || String(value).includes(',')
        ? listOf(value).map(floatText).join(',')
        : plainText(value);
    case 'integer':
      return String(Number(plainText(value)));
    case 'list':
      return listText(value);
    case 'json':
      return jsonText(typeof value === 'string' ? parsedJson(value) : value);
    case 'level':
      return plainText(value).toUpperCase();
    case 'duration':
      return durationText(value);
    case 'text':
      return plainText(value);
  }
}

const truths = ['1', 'true', 't', 'yes', 'y', 'on'];
const falsehoods = ['0', 'false', 'f', 'no', 'n', 'off'];

/** A boolean as Prefect reads one; undefined for a text that is none. */
export function readBoolean(value: RawSetting): boolean | undefined {
  const text = plainText(value).trim().toLowerCase();
  if (truths.includes(text)) return true;
  return falsehoods.includes(text) ? false : undefined;
}

function booleanText(value: RawSetting): string {
  const read = readBoolean(value);
  return read === undefined ? plainText(value) : read ? 'True' : 'False';
}

function floatText(value: unknown): string {
  const number = Number(String(value).trim());
  if (!Number.isFinite(number)) return String(value);
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

function plainText(value: RawSetting): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? jsonText(value) : String(value);
}

function listOf(value: RawSetting): readonly unknown[] {
  return Array.isArray(value)
    ? value
    : String(value)
        .split(',')
        .map((item) => item.trim());
}

/** Sorted and joined. A boolean may stand in the place of a list. */
function listText(value: RawSetting): string {
  if (!Array.isArray(value) && readBoolean(value) !== undefined && !/^\d+$/.test(String(value)))
    return booleanText(value);
  const items = listOf(value).map((item) => String(item));
  return [...new Set(items)].sort().join(',');
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** JSON as Python's `json.dumps` writes it: blanks after `,` and `:`, nothing but ASCII. */
function jsonText(value: unknown): string {
  if (typeof value === 'string') return asciiJson(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${asciiJson(key)}: ${jsonText(inner)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Seconds, or an ISO 8601 duration, as the shortest ISO 8601 duration of days, hours, minutes and seconds. */
function durationText(value: RawSetting): string {
  const seconds = secondsOf(plainText(value));
  if (seconds === undefined) return plainText(value);
  const whole = Math.floor(seconds);
  const parts = {
    D: Math.floor(whole / 86_400),
    H: Math.floor((whole % 86_400) / 3600),
    M: Math.floor((whole % 3600) / 60),
    S: Math.round((seconds - Math.floor(whole / 60) * 60) * 1e6) / 1e6,
  };
  const time = (['H', 'M', 'S'] as const)
    .map((unit) => (parts[unit] === 0 ? '' : `${parts[unit]}${unit}`))
    .join('');
  const days = parts.D === 0 ? '' : `${parts.D}D`;
  if (days === '' && time === '') return 'PT0S';
  return `P${days}${time === '' ? '' : `T${time}`}`;
}

function secondsOf(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Number(text);
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [, weeks = '0', days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (
    Number(weeks) * 604_800 +
    Number(days) * 86_400 +
    Number(hours) * 3600 +
    Number(minutes) * 60 +
    Number(seconds)
  );
}
