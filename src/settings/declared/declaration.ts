import type { LogLevel } from '../../kernel/logger.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { SettingReader } from '../setting-reader.ts';

/** One setting: the single source of its parser, its type and its row in docs/settings.md. */
export interface Declared<T> {
  readonly name: string;
  /** The accepted values, for people: `seconds`, `true or false`. */
  readonly takes: string;
  /** The default, for people. */
  readonly otherwise: string;
  /** What it does: one sentence for docs/settings.md. */
  readonly does: string;
  readonly read: (from: SettingReader) => T;
}

/** Related settings, by the names that code uses. */
export type DeclaredGroup = Readonly<Record<string, Declared<unknown>>>;

export type ValuesOf<G extends DeclaredGroup> = {
  readonly [Name in keyof G]: G[Name] extends Declared<infer T> ? T : never;
};

/** Reads a group. Throws SettingsError at the first invalid setting. */
export function valuesOf<G extends DeclaredGroup>(group: G, from: SettingReader): ValuesOf<G> {
  const values = Object.entries(group).map(([name, setting]) => [name, setting.read(from)]);
  // Safe cast: `fromEntries` loses the names, but each value comes from its own declaration.
  return Object.fromEntries(values) as ValuesOf<G>;
}

/** The facts of a numeric setting. */
interface NumberFacts {
  readonly default: number;
  readonly least: number;
  readonly most?: number;
  readonly unit: string;
  readonly does: string;
}

export function number(name: string, facts: NumberFacts): Declared<number> {
  return {
    ...ofNumber(name, facts),
    read: (from) => from.number(name, facts.default, facts.least, facts.most),
  };
}

export function integer(name: string, facts: Omit<NumberFacts, 'most'>): Declared<number> {
  return {
    ...ofNumber(name, facts),
    read: (from) => from.integer(name, facts.default, facts.least),
  };
}

/** Errors about the bounds use pydantic's words, as Prefect's own settings of this kind do. */
export function integerWithin(
  name: string,
  facts: NumberFacts & { readonly most: number },
): Declared<number> {
  return {
    ...ofNumber(name, facts),
    read: (from) => from.integerWithin(name, facts.default, facts.least, facts.most),
  };
}

/** An interval in seconds. A value below `least` is raised to it, with a warning. */
export function interval(
  name: string,
  facts: Omit<NumberFacts, 'unit' | 'most'>,
): Declared<number> {
  return {
    ...ofNumber(name, { ...facts, unit: 'seconds' }),
    read: (from) => from.interval(name, facts.default, facts.least),
  };
}

function ofNumber(
  name: string,
  { default: otherwise, least, most, unit, does }: NumberFacts,
): Omit<Declared<number>, 'read'> {
  const bounds = most === undefined ? `at least ${least}` : `${least} to ${most}`;
  return { name, takes: `${unit}, ${bounds}`, otherwise: String(otherwise), does };
}

export function flag(
  name: string,
  facts: { readonly default: boolean; readonly does: string },
): Declared<boolean> {
  return {
    name,
    takes: 'true or false',
    otherwise: String(facts.default),
    does: facts.does,
    read: (from) => from.boolean(name, facts.default),
  };
}

/** `otherwise`: the default, for people. */
interface OptionalFacts {
  readonly takes: string;
  readonly otherwise: string;
  readonly does: string;
}

export function text(name: string, facts: OptionalFacts): Declared<string | undefined> {
  return { name, ...facts, read: (from) => from.text(name) };
}

export function textOr(
  name: string,
  { default: otherwise, ...facts }: { readonly default: string } & Omit<OptionalFacts, 'otherwise'>,
): Declared<string> {
  return { name, ...facts, otherwise, read: (from) => from.text(name) ?? otherwise };
}

/** Never shown in an error. */
export function secret(
  name: string,
  facts: Omit<OptionalFacts, 'takes'>,
): Declared<Secret | undefined> {
  return { name, takes: 'a secret', ...facts, read: (from) => from.secret(name) };
}

export function url(
  name: string,
  facts: Omit<OptionalFacts, 'takes'>,
): Declared<string | undefined> {
  return { name, takes: 'a URL', ...facts, read: (from) => from.url(name) };
}

export function oneOf<T extends string>(
  name: string,
  words: readonly T[],
  facts: Omit<OptionalFacts, 'takes'>,
): Declared<T | undefined> {
  return { name, takes: words.join(' or '), ...facts, read: (from) => from.oneOf(name, words) };
}

export function oneOfOr<T extends string>(
  name: string,
  words: readonly T[],
  { default: otherwise, does }: { readonly default: NoInfer<T>; readonly does: string },
): Declared<T> {
  const takes = words.join(' or ');
  return { name, takes, otherwise, does, read: (from) => from.oneOf(name, words) ?? otherwise };
}

export function level(
  name: string,
  { default: otherwise, does }: { readonly default: LogLevel; readonly does: string },
): Declared<LogLevel> {
  return {
    name,
    takes: 'DEBUG, INFO, WARNING, ERROR or CRITICAL',
    otherwise: otherwise.toUpperCase(),
    does,
    read: (from) => from.level(name, otherwise),
  };
}

/** Comma-separated patterns in which `*` matches anything. */
export function patterns(
  name: string,
  facts: Omit<OptionalFacts, 'takes'>,
): Declared<readonly string[]> {
  return {
    name,
    takes: 'comma-separated patterns',
    ...facts,
    read: (from) => from.patterns(name),
  };
}

export function names(name: string, facts: OptionalFacts): Declared<readonly string[]> {
  return { name, ...facts, read: (from) => from.names(name) };
}

export function statusCodes(name: string, facts: OptionalFacts): Declared<readonly number[]> {
  return { name, ...facts, read: (from) => from.statusCodes(name) };
}

export function headers(
  name: string,
  facts: OptionalFacts,
): Declared<Readonly<Record<string, string>>> {
  return { name, ...facts, read: (from) => from.headers(name) };
}

/** Read from the environment only, not from Prefect's files and profiles. */
export function environmentText(name: string, facts: OptionalFacts): Declared<string | undefined> {
  return { name, ...facts, read: (from) => from.environmentText(name) };
}
