import { parseEnv } from 'node:util';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import type { PrefectSetting } from '../core/prefect/settings-catalogue.ts';
import type { RawSetting } from '../core/prefect/setting-text.ts';
import { findProfile } from './profiles.ts';
import { SettingsError } from './settings-error.ts';

/** Where settings are read from. Injected, so that tests do not depend on their machine. */
export interface SettingsMachine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  /** Undefined if the file does not exist or cannot be read. */
  readonly readTextFile: (path: string) => string | undefined;
}

/** One source of settings, by upper-case environment name. */
interface Source {
  readonly name: string;
  readonly values: ReadonlyMap<string, RawSetting>;
}

/** Sources of equal priority. For each name, in turn, all of them are searched. */
interface Layer {
  readonly sources: readonly Source[];
  readonly knowsAliases: boolean;
}

export interface Sources {
  /** Highest priority first (prefect-api.md 1.7). */
  readonly layers: readonly Layer[];
  readonly warnings: readonly string[];
}

/** A setting's value and its source. */
export interface FoundSetting {
  readonly value: RawSetting;
  readonly source: string;
}

/**
 * Reads all sources of Prefect settings. Invalid TOML in the working directory is fatal; an invalid
 * profiles file only causes a warning.
 */
export function readSources(machine: SettingsMachine): Sources {
  const environment = environmentSource('environment', machine.environment);
  const dotEnv = dotEnvSource(machine);
  const prefectToml = tomlSource(machine, 'prefect.toml', []);
  const pyproject = tomlSource(machine, 'pyproject.toml', ['tool', 'prefect']);
  const above: readonly Layer[] = [
    { sources: [environment, dotEnv], knowsAliases: true },
    { sources: [prefectToml], knowsAliases: false },
    { sources: [pyproject], knowsAliases: false },
  ];
  const profile = findProfile({
    ...machine,
    profilesPath: lookUp(above, { name: 'PREFECT_PROFILES_PATH', aliases: [] })?.value,
  });
  const values = rawSettings(profile.settings);
  const all: readonly Layer[] = [
    ...above,
    { sources: [{ name: `profile '${profile.name}'`, values }], knowsAliases: true },
  ];
  return {
    layers: all.map(withoutEmptySources),
    warnings: profile.warnings,
  };
}

/** Saves time: 226 settings are looked up one by one, and most files do not exist. */
function withoutEmptySources(layer: Layer): Layer {
  return { ...layer, sources: layer.sources.filter((source) => source.values.size > 0) };
}

/**
 * Finds a setting in the first layer that has it. An alias in the environment overrides the current
 * name in a file.
 */
export function lookUp(
  layers: readonly Layer[],
  setting: Pick<PrefectSetting, 'name' | 'aliases'>,
): FoundSetting | undefined {
  for (const { sources, knowsAliases } of layers) {
    if (sources.length === 0) continue;
    for (const name of knowsAliases ? [setting.name, ...setting.aliases] : [setting.name]) {
      for (const source of sources) {
        const value = source.values.get(name);
        if (value !== undefined) return { value, source: source.name };
      }
    }
  }
  return undefined;
}

/** All names with this prefix, each with its first source. TOML tables do not count as names. */
export function namesIn(
  layers: readonly Layer[],
  prefix: string,
): readonly { readonly name: string; readonly source: string }[] {
  const found = new Map<string, string>();
  for (const { sources } of layers) {
    for (const { name: source, values } of sources) {
      for (const [name, value] of values) {
        const isName =
          name.startsWith(prefix) && (typeof value !== 'object' || Array.isArray(value));
        if (isName && !found.has(name)) found.set(name, source);
      }
    }
  }
  return [...found].map(([name, source]) => ({ name, source }));
}

function environmentSource(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Source {
  return { name, values: rawSettings(environment) };
}

function dotEnvSource(machine: SettingsMachine): Source {
  const text = machine.readTextFile(`${machine.workingDirectory}/.env`);
  return environmentSource('.env', text === undefined ? {} : parseEnv(text));
}

const TomlTable = z.record(z.string(), z.unknown());

function tomlSource(machine: SettingsMachine, file: string, path: readonly string[]): Source {
  const values = new Map<string, RawSetting>();
  const text = machine.readTextFile(`${machine.workingDirectory}/${file}`);
  if (text !== undefined) {
    let table: unknown = parsedToml(text, file);
    for (const key of path) table = TomlTable.safeParse(table).data?.[key];
    flatten(table, 'PREFECT', values);
  }
  return { name: file, values };
}

function parsedToml(text: string, file: string): unknown {
  try {
    return parseToml(text);
  } catch (error) {
    throw new SettingsError(`${file} is not valid TOML. Fix it or remove it.`, {
      cause: error,
    });
  }
}

/**
 * `[worker] query_seconds` becomes `PREFECT_WORKER_QUERY_SECONDS`. The table itself is kept, too,
 * because it may be the value of a setting.
 */
function flatten(table: unknown, prefix: string, values: Map<string, RawSetting>): void {
  const parsed = TomlTable.safeParse(table);
  if (!parsed.success) return;
  for (const [key, value] of Object.entries(parsed.data)) {
    const name = `${prefix}_${key.toUpperCase()}`;
    const raw = rawSetting(value);
    if (raw !== undefined) values.set(name, raw);
    flatten(value, name, values);
  }
}

function rawSettings(table: Readonly<Record<string, unknown>>): ReadonlyMap<string, RawSetting> {
  return new Map(
    Object.entries(table).flatMap(([name, value]): [string, RawSetting][] => {
      const raw = rawSetting(value);
      return raw === undefined ? [] : [[name.toUpperCase(), raw]];
    }),
  );
}

function rawSetting(value: unknown): RawSetting | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return Array.isArray(value) ? value : TomlTable.safeParse(value).data;
}
