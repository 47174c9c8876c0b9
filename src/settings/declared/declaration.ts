import type { LogLevel } from '../../kernel/logger.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { SettingReader } from '../setting-reader.ts';

/** One setting. The parser, the types and docs/settings.md are made from it. */
export interface Declared<T> {
  readonly name: string;
  /** What it takes, for people: `seconds`, `true or false`. */
  readonly takes: string;
  /** What holds when it is not set, for people. */
  readonly otherwise: string;
  /** What it does: a sentence for the page of settings. */
  readonly does: string;
  readonly read: (from: SettingReader) => T;
}

/** Settings that belong together, by the name that code has for each. */
export type DeclaredGroup = Readonly<Record<string, Declared<unknown>>>;

export type ValuesOf<G extends DeclaredGroup> = {
  readonly [Name in keyof G]: G[Name] extends Declared<infer T> ? T : never;
};

/** Reads a group. Throws SettingsError at the first setting that cannot be used. */
export function valuesOf<G extends DeclaredGroup>(group: G, from: SettingReader): ValuesOf<G> {
  const values = Object.entries(group).map(([name, setting]) => [name, setting.read(from)]);
  // `fromEntries` loses the names; each value is what its own declaration reads.
  return Object.fromEntries(values) as ValuesOf<G>;
}

/** What the makers below are told of a number. */
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

/** Refused outside of its bounds in pydantic's words, as Prefect's own settings of this kind are. */
export function integerWithin(
  name: string,
  facts: NumberFacts & { readonly most: number },
): Declared<number> {
  return {
    ...ofNumber(name, facts),
    read: (from) => from.integerWithin(name, facts.default, facts.least, facts.most),
  };
}

/** Seconds between two of something. A shorter interval than `least` is lengthened, and said so. */
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

/** `otherwise`: what holds when it is not set. */
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

/** Patterns in which `*` stands for anything, with commas between them. */
export function patterns(
  name: string,
  facts: Omit<OptionalFacts, 'takes'>,
): Declared<readonly string[]> {
  return {
    name,
    takes: 'patterns with commas between them',
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

/** Of the environment alone: Prefect's files and profiles do not hold it. */
export function environmentText(name: string, facts: OptionalFacts): Declared<string | undefined> {
  return { name, ...facts, read: (from) => from.environmentText(name) };
}
