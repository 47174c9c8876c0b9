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
 * Reads single settings. An invalid value is a SettingsError that names setting, value, source and
 * fix; the value of a secret is left out. An interval that is too short is raised, with a warning.
 */
export class SettingReader {
  readonly #sources: Sources;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #warnings: string[];
  readonly #asked = new Set<string>();

  /** `environment`: for variables that no other source has. */
  constructor(sources: Sources, environment: Readonly<Record<string, string>>) {
    this.#sources = sources;
    this.#environment = environment;
    this.#warnings = [...sources.warnings];
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Warns of each name with this prefix that is set but was never read. Call it last. */
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
        return `${name} (from ${source}) is not a setting and is ignored.${question}`;
      });
  }

  text(name: string): string | undefined {
    const found = this.#find(name);
    return found === undefined || found.text === '' ? undefined : found.text;
  }

  /** A non-empty environment variable. */
  environmentText(name: string): string | undefined {
    const text = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    return text === '' ? undefined : text;
  }

  /** Where the setting comes from, for people. Undefined if it is not set or empty. */
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

  /** A whole number within bounds. The errors use pydantic's words. */
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

  /** The Python worker accepts any interval. A loop that never waits would flood the server. */
  interval(name: string, otherwise: number, shortest: number): number {
    const seconds = this.number(name, otherwise, 0);
    if (seconds >= shortest) return seconds;
    this.#warnings.push(
      `${name} is ${seconds}, which is too short. Using ${shortest} seconds instead.`,
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

  /** Comma-separated names of AWS resources. */
  names(name: string): readonly string[] {
    const found = this.#find(name);
    if (found === undefined || found.text.trim() === '') return [];
    const names = found.text.split(',').map((part) => part.trim());
    if (!names.every((part) => /^[\w-]+$/.test(part)))
      throw unusable(name, found, 'give comma-separated names, for example FARGATE_SPOT,FARGATE');
    return names;
  }

  /** Comma-separated patterns; none if the setting is empty. */
  patterns(name: string): readonly string[] {
    const found = this.#find(name);
    if (found === undefined || found.text.trim() === '') return [];
    const patterns = found.text.split(',').map((part) => part.trim());
    if (patterns.some((pattern) => pattern === '' || /\s/.test(pattern)))
      throw unusable(name, found, 'give comma-separated patterns, for example prod-*,staging');
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
        throw unusable(name, found, 'give comma-separated HTTP status codes, for example 404,500');
      }
      return code;
    });
  }

  headers(name: string): Readonly<Record<string, string>> {
    const found = this.#find(name);
    if (found === undefined || found.text === '') return {};
    const parsed = parsedJson(found.text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      // Headers contain credentials, so the value is not shown.
      throw new SettingsError(
        `${name} (from ${found.source}) is invalid: give a JSON object of header names and values.`,
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
    `${name} is '${withoutUserinfo(found.text)}' (from ${found.source}), which is invalid: ${fix}.`,
  );
}

/** A URL may contain a password. */
function withoutUserinfo(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/, '//***@');
}
