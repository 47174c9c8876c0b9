import { assertNever } from '../../kernel/errors.ts';
import { floatRepr } from '../../kernel/python-float.ts';
import { durationText } from './duration-text.ts';
import type { SettingType } from './settings-catalogue.ts';

/** A value from a source: text from environments and profiles, any type from TOML. */
export type RawSetting =
  | string
  | number
  | boolean
  | readonly unknown[]
  | Readonly<Record<string, unknown>>;

/**
 * A value in Prefect's own format for its type (prefect-api.md 5.2). Undefined where Prefect treats
 * it as unset. An invalid value is passed on unchanged: only settings that this worker uses are
 * checked.
 */
export function settingText(value: RawSetting, type: SettingType): string | undefined {
  switch (type) {
    case 'boolean':
      return booleanText(value);
    case 'float':
      return floatText(value);
    case 'floats':
      return delaysText(value);
    case 'integer':
      return integerText(value);
    case 'list':
      return listText(value);
    case 'json':
      return jsonText(typeof value === 'string' ? parsedJson(value) : value);
    case 'level':
      return plainText(value).toUpperCase();
    case 'duration':
      return durationText(plainText(value));
    case 'path':
      return pathText(plainText(value));
    case 'text':
      return plainText(value);
    default:
      return assertNever(type);
  }
}

const truths = ['1', 'true', 't', 'yes', 'y', 'on'];
const falsehoods = ['0', 'false', 'f', 'no', 'n', 'off'];

/** A boolean as Prefect parses it. Undefined for other text. */
export function readBoolean(value: RawSetting): boolean | undefined {
  const text = plainText(value).toLowerCase();
  if (truths.includes(text)) return true;
  return falsehoods.includes(text) ? false : undefined;
}

/**
 * A number as Python parses it, with surrounding blanks and underscores between digits. Undefined
 * for other text.
 */
export function readNumber(value: RawSetting): number | undefined {
  const text = plainText(value).trim();
  const isNumber = /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+)?$/i.test(text);
  return isNumber ? Number(text.replaceAll('_', '')) : undefined;
}

function booleanText(value: RawSetting): string {
  const read = readBoolean(value);
  return read === undefined ? plainText(value) : read ? 'True' : 'False';
}

function floatText(value: RawSetting): string {
  const number = readNumber(value);
  return number === undefined ? plainText(value) : floatRepr(number);
}

function integerText(value: RawSetting): string {
  const number = readNumber(value);
  return number === undefined || !Number.isInteger(number) ? plainText(value) : String(number);
}

/** One delay, or a list of delays, which Prefect passes on sorted as texts. */
function delaysText(value: RawSetting): string | undefined {
  const [first, ...others] = itemsOf(value).filter((item) => item !== '');
  if (first === undefined) return undefined;
  if (others.length === 0 && /^[+-]?\d+$/.test(first)) return integerText(first);
  return [first, ...others].map(floatText).sort().join(',');
}

/** Distinct, sorted and joined. A boolean is allowed instead of a list. */
function listText(value: RawSetting): string {
  if (typeof value === 'boolean' || /^[a-z]+$/i.test(plainText(value))) return booleanText(value);
  return [...new Set(itemsOf(value))].sort().join(',');
}

function itemsOf(value: RawSetting): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return plainText(value)
    .split(',')
    .map((item) => item.trim());
}

function plainText(value: RawSetting): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? jsonText(value) : String(value);
}

/** As Python's `Path` prints it: no empty parts, no `.`, no trailing slash. */
function pathText(text: string): string {
  const root = /^\/\/(?!\/)/.test(text) ? '//' : text.startsWith('/') ? '/' : '';
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  return `${root}${parts.join('/')}` || '.';
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Same output as Python's `json.dumps`: blanks after `,` and `:`, only ASCII. */
function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${asciiJson(key)}: ${jsonText(inner)}`)
      .join(', ')}}`;
  }
  return asciiJson(value);
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
