import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';

/** `profilesPath` is PREFECT_PROFILES_PATH from a source with a higher priority than profiles. */
export interface ProfilesMachine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly readTextFile: (path: string) => string | undefined;
  readonly profilesPath: unknown;
}

export interface Profile {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

const packagedDefault = 'ephemeral';
const packagedDefaultSettings = { PREFECT_SERVER_EPHEMERAL_ENABLED: 'true' };

/** Prefect's own profiles. They apply only if the user has no profiles file. */
const packagedProfiles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [packagedDefault]: packagedDefaultSettings,
  local: { PREFECT_API_URL: 'http://127.0.0.1:4200/api' },
  test: {},
  cloud: {},
};

const ProfilesFile = z.object({
  active: z.string().optional(),
  profiles: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** The active profile: PREFECT_PROFILE, else the file's, else the default (prefect-api.md 1.7). */
export function findProfile(machine: ProfilesMachine): Profile {
  if (isTestMode(machine.environment)) return { name: 'test mode', settings: {}, warnings: [] };
  const path = pathOfProfiles(machine);
  const text = machine.readTextFile(path);
  const chosen = machine.environment['PREFECT_PROFILE'] || undefined;
  if (text === undefined) return packaged(chosen ?? packagedDefault, 'there is no profiles file');
  const file = parsedProfiles(text);
  if (file === undefined) {
    const warning = `The profiles file ${path} is not valid and is ignored. Fix it or remove it.`;
    return { name: 'none', settings: {}, warnings: [warning] };
  }
  const name = chosen ?? file.active;
  if (name === undefined || name === '') return packaged(packagedDefault, path);
  const settings = Object.hasOwn(file.profiles, name) ? file.profiles[name] : undefined;
  return settings === undefined ? packaged(name, path, false) : { name, settings, warnings: [] };
}

/** The packaged profile with this name, if those apply; else the default one, with a warning. */
function packaged(name: string, where: string, counts = true): Profile {
  const settings =
    counts && Object.hasOwn(packagedProfiles, name) ? packagedProfiles[name] : undefined;
  if (settings !== undefined) return { name, settings, warnings: [] };
  return {
    name: packagedDefault,
    settings: packagedDefaultSettings,
    warnings: [`Unknown profile '${name}' (${where}). Using Prefect's default profile instead.`],
  };
}

function parsedProfiles(text: string): z.output<typeof ProfilesFile> | undefined {
  try {
    return ProfilesFile.safeParse(parseToml(text)).data;
  } catch {
    return undefined;
  }
}

function pathOfProfiles({ environment, homeDirectory, profilesPath }: ProfilesMachine): string {
  const home = (environment['PREFECT_HOME'] || '~/.prefect').replace(
    /^~(?=\/|$)/,
    () => homeDirectory,
  );
  if (typeof profilesPath !== 'string' || profilesPath === '') return `${home}/profiles.toml`;
  return profilesPath
    .replace(/\$PREFECT_HOME|\$\{PREFECT_HOME\}/g, () => home)
    .replace(/^~(?=\/|$)/, () => homeDirectory);
}

const testModeNames = [
  'PREFECT_TEST_MODE',
  'PREFECT_UNIT_TEST_MODE',
  'PREFECT_TESTING_UNIT_TEST_MODE',
  'PREFECT_TESTING_TEST_MODE',
];

/** Any non-empty text turns test mode on, as in Prefect, even `false`. */
function isTestMode(environment: Readonly<Record<string, string | undefined>>): boolean {
  return testModeNames.some((name) => (environment[name] ?? '') !== '');
}
