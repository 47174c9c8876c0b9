import { parseEnv } from 'node:util';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import type { RawSetting } from '../core/prefect/passed-on-settings.ts';
import { SettingsError } from './settings-error.ts';

/** What settings are read from; handed in, so that tests have a machine of their own. */
export interface SettingsMachine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  /** Undefined: there is no such file, or it cannot be read. */
  readonly readTextFile: (path: string) => string | undefined;
}

/** One place of settings, by upper-case environment name. */
export interface Source {
  readonly name: string;
  readonly values: ReadonlyMap<string, RawSetting>;
}

export interface Sources {
  /** Highest priority first (prefect-api.md 1.7). */
  readonly ordered: readonly Source[];
  readonly warnings: readonly string[];
}

/** Reads all sources of Prefect settings. A broken TOML in the working directory is fatal, a broken profiles file warns. */
export function readSources(machine: SettingsMachine): Sources {
  const environment = environmentSource('environment', machine.environment);
  const dotEnv = dotEnvSource(machine);
  const prefectToml = tomlSource(machine, 'prefect.toml', []);
  const pyproject = tomlSource(machine, 'pyproject.toml', ['tool', 'prefect']);
  const above = [environment, dotEnv, prefectToml, pyproject];
  const profile = readProfile(machine, above);
  return { ordered: [...above, profile.source], warnings: profile.warnings };
}

export function lookUpIn(
  sources: readonly Source[],
  name: string,
): { value: RawSetting; source: string } | undefined {
  for (const source of sources) {
    const value = source.values.get(name);
    if (value !== undefined) return { value, source: source.name };
  }
  return undefined;
}

function environmentSource(name: string, environment: Readonly<Record<string, string | undefined>>): Source {
  const values = new Map<string, RawSetting>();
  for (const [key, value] of Object.entries(environment)) {
    if (value !== undefined) values.set(key.toUpperCase(), value);
  }
  return { name, values };
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
    throw new SettingsError(`${file} is no valid TOML. Correct it, or remove it.`, { cause: error });
  }
}

/** `[worker] query_seconds` is `PREFECT_WORKER_QUERY_SECONDS`; a table may also be the value of a setting. */
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

function rawSetting(value: unknown): RawSetting | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number(value);
  return Array.isArray(value) ? value : TomlTable.safeParse(value).data;
}

/** Prefect's own profiles, which count only where there is no file of the user's. */
const packagedProfiles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ephemeral: { PREFECT_SERVER_EPHEMERAL_ENABLED: 'true' },
  local: { PREFECT_API_URL: 'http://127.0.0.1:4200/api' },
  test: {},
  cloud: {},
};

const Profiles = z.object({
  active: z.string().optional(),
  profiles: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

function readProfile(
  machine: SettingsMachine,
  above: readonly Source[],
): { readonly source: Source; readonly warnings: readonly string[] } {
  if (isTestMode(above)) return { source: { name: 'profile', values: new Map() }, warnings: [] };
  const path = profilesPath(machine, above);
  const text = machine.readTextFile(path);
  const chosen = machine.environment['PREFECT_PROFILE'];
  if (text === undefined) return packaged(chosen ?? 'ephemeral', []);
  let file: z.infer<typeof Profiles>;
  try {
    file = Profiles.parse(parseToml(text));
  } catch {
    return packaged(chosen ?? 'ephemeral', [`The profiles file ${path} is not valid and is ignored.`]);
  }
  const name = chosen ?? file.active ?? 'ephemeral';
  const profile = file.profiles?.[name];
  if (profile === undefined) {
    return packaged('ephemeral', [
      `The profile '${name}' is not in ${path}; Prefect's default profile is used.`,
    ]);
  }
  const values = new Map<string, RawSetting>();
  for (const [key, value] of Object.entries(profile)) {
    const raw = rawSetting(value);
    if (raw !== undefined) values.set(key.toUpperCase(), raw);
  }
  return { source: { name: `profile '${name}'`, values }, warnings: [] };
}

function packaged(name: string, warnings: readonly string[]): ReturnType<typeof readProfile> {
  const profile = packagedProfiles[name] ?? packagedProfiles['ephemeral'] ?? {};
  return { source: { name: `profile '${name}'`, values: new Map(Object.entries(profile)) }, warnings };
}

function profilesPath(machine: SettingsMachine, above: readonly Source[]): string {
  const home = homePath(machine);
  const given = lookUpIn(above, 'PREFECT_PROFILES_PATH')?.value;
  if (typeof given === 'string' && given !== '')
    return given.replace(/\$PREFECT_HOME|\$\{PREFECT_HOME\}/g, home);
  return `${home}/profiles.toml`;
}

function homePath(machine: SettingsMachine): string {
  const given = machine.environment['PREFECT_HOME'];
  const home = given === undefined || given === '' ? '~/.prefect' : given;
  return home.replace(/^~(?=\/|$)/, machine.homeDirectory);
}

const testModeNames = [
  'PREFECT_TESTING_TEST_MODE',
  'PREFECT_TEST_MODE',
  'PREFECT_TESTING_UNIT_TEST_MODE',
  'PREFECT_UNIT_TEST_MODE',
];

function isTestMode(above: readonly Source[]): boolean {
  return testModeNames.some((name) => {
    const value = lookUpIn(above, name)?.value;
    return value !== undefined && /^(1|t|true|y|yes|on)$/i.test(String(value));
  });
}
