import { readBoolean, readNumber } from '../core/prefect/setting-text.ts';
import { settingsCatalogue } from '../core/prefect/settings-catalogue.ts';
import type { LogLevel } from '../kernel/logger.ts';
import { nearestName } from '../kernel/nearest.ts';
import { Secret } from '../kernel/secret.ts';
import { SettingsError } from './settings-error.ts';
import { lookUp, namesIn, type Sources } from './sources.ts';

const aliasesByName = new Map(settingsCatalogue.map((setting) => [setting.name, setting.aliases]));

const levels: ReadonlyMap<string, LogLevel> = new Map([
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARNING', 'warning'],
  ['ERROR', 'error'],
  ['CRITICAL', 'error'],
]);

interface FoundText {
  readonly text: string;
  readonly source: string;
}

/**
 * Reads single settings. What cannot be used is a SettingsError that names setting, value, place
 * and fix; of a secret the value is left out. An interval too short to be kept is lengthened, and
 * said to be.
 */
export class SettingReader {
  readonly #sources: Sources;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #warnings: string[];
  readonly #asked = new Set<string>();

  /** `environment`: for what stands nowhere else. */
  constructor(sources: Sources, environment: Readonly<Record<string, string>>) {
    this.#sources = sources;
    this.#environment = environment;
    this.#warnings = [...sources.warnings];
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** One line for each name of these that is set and was never asked for: it is no setting. */
  strangers(prefix: string): readonly string[] {
    const own = [...this.#asked].filter((name) => name.startsWith(prefix));
    return namesIn(this.#sources.layers, prefix)
      .filter(({ name }) => !this.#asked.has(name))
      .map(({ name, source }) => {
        const meant = nearestName(
          name.slice(prefix.length),
          own.map((one) => one.slice(prefix.length)),
        );
        const question = meant === undefined ? '' : ` Did you mean ${prefix}${meant}?`;
        return `${name} (from ${source}) is no setting, and is ignored.${question}`;
      });
  }

  text(name: string): string | undefined {
    const found = this.#find(name);
    return found === undefined || found.text === '' ? undefined : found.text;
  }

  /** A variable of the environment that says something; the empty text does not. */
  environmentText(name: string): string | undefined {
    const text = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    return text === '' ? undefined : text;
  }

  /** Where the setting stands, for people; undefined: nowhere, or it says nothing. */
  origin(name: string): string | undefined {
    const found = this.#find(name);
    if (found === undefined || found.text === '') return undefined;
    return found.source === 'environment' ? 'the environment' : found.source;
  }

  secret(name: string): Secret | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : new Secret(text);
  }

  boolean(name: string, otherwise: boolean): boolean {
    const found = this.#find(name);
    if (found === undefined) return otherwise;
    const value = readBoolean(found.text);
    if (value === undefined) throw unusable(name, found, 'give true or false');
    return value;
  }

  number(name: string, otherwise: number, least: number, most = Infinity): number {
    const found = this.#find(name);
    if (found === undefined) return otherwise;
    const value = readNumber(found.text);
    if (value === undefined || value < least || value > most) {
      const bounds = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
      throw unusable(name, found, `give a number ${bounds}`);
    }
    return value;
  }

  integer(name: string, otherwise: number, least: number): number {
    const value = this.number(name, otherwise, least);
    const found = this.#find(name);
    if (found !== undefined && !Number.isInteger(value))
      throw unusable(name, found, 'give a whole number');
    return value;
  }

  /** A whole number within bounds, in pydantic's words for what is outside of them. */
  integerWithin(name: string, otherwise: number, least: number, most: number): number {
    const found = this.#find(name);
    if (found === undefined) return otherwise;
    const value = readNumber(found.text);
    if (value === undefined || !Number.isInteger(value))
      throw unusable(name, found, 'give a whole number');
    if (value < least)
      throw unusable(name, found, `give a whole number greater than or equal to ${least}`);
    if (value > most)
      throw unusable(name, found, `give a whole number less than or equal to ${most}`);
    return value;
  }

  /** The Python worker takes any interval; a loop that never waits helps nobody. */
  interval(name: string, otherwise: number, shortest: number): number {
    const seconds = this.number(name, otherwise, 0);
    if (seconds >= shortest) return seconds;
    this.#warnings.push(
      `${name} is ${seconds}: the shortest interval, ${shortest} seconds, is used instead.`,
    );
    return shortest;
  }

  level(name: string, otherwise: LogLevel): LogLevel {
    const found = this.#find(name);
    if (found === undefined) return otherwise;
    const level = levels.get(found.text.toUpperCase());
    if (level === undefined)
      throw unusable(name, found, 'give DEBUG, INFO, WARNING, ERROR or CRITICAL');
    return level;
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const word = words.find((one) => one === found.text.toLowerCase());
    if (word === undefined) throw unusable(name, found, `give ${words.join(' or ')}`);
    return word;
  }

  /** Names of AWS things, with commas between them. */
  names(name: string): readonly string[] {
    const found = this.#find(name);
    if (found === undefined || found.text.trim() === '') return [];
    const names = found.text.split(',').map((part) => part.trim());
    if (!names.every((part) => /^[\w-]+$/.test(part)))
      throw unusable(
        name,
        found,
        'give names with commas between them, for example FARGATE_SPOT,FARGATE',
      );
    return names;
  }

  /** Patterns with commas between them; a setting that says nothing has none. */
  patterns(name: string): readonly string[] {
    const found = this.#find(name);
    if (found === undefined || found.text.trim() === '') return [];
    const patterns = found.text.split(',').map((part) => part.trim());
    if (patterns.some((pattern) => pattern === '' || /\s/.test(pattern)))
      throw unusable(
        name,
        found,
        'give patterns with commas between them, for example prod-*,staging',
      );
    return patterns;
  }

  url(name: string): string | undefined {
    const found = this.#find(name);
    if (found === undefined || found.text === '') return undefined;
    if (!/^https?:$/.test(URL.canParse(found.text) ? new URL(found.text).protocol : '')) {
      throw unusable(name, found, 'give a URL such as http://127.0.0.1:4200/api');
    }
    return found.text.replace(/\/+$/, '');
  }

  statusCodes(name: string): readonly number[] {
    const found = this.#find(name);
    if (found === undefined || found.text === '') return [];
    return found.text.split(',').map((part) => {
      const code = readNumber(part);
      if (code === undefined || !Number.isInteger(code) || code < 100 || code > 599) {
        throw unusable(
          name,
          found,
          'give HTTP status codes with commas between them, for example 404,500',
        );
      }
      return code;
    });
  }

  headers(name: string): Readonly<Record<string, string>> {
    const found = this.#find(name);
    if (found === undefined || found.text === '') return {};
    const parsed = parsedJson(found.text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      // Headers carry credentials: the value is not shown.
      throw new SettingsError(
        `${name} (from ${found.source}) cannot be used: give a JSON object of header names and texts.`,
      );
    }
    return Object.fromEntries(
      Object.entries(parsed).map(([header, value]) => [header, String(value)]),
    );
  }

  #find(name: string): FoundText | undefined {
    this.#asked.add(name);
    const found = lookUp(this.#sources.layers, { name, aliases: aliasesByName.get(name) ?? [] });
    if (found === undefined) return undefined;
    const { value, source } = found;
    if (Array.isArray(value)) return { text: value.join(','), source };
    return { text: typeof value === 'object' ? JSON.stringify(value) : String(value), source };
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable(name: string, found: FoundText, fix: string): SettingsError {
  return new SettingsError(
    `${name} is '${withoutUserinfo(found.text)}' (from ${found.source}), which cannot be used: ${fix}.`,
  );
}

/** A URL may carry a password. */
function withoutUserinfo(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/, '//***@');
}
