import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';

/** Where profiles are looked for. `profilesPath` is what a source above the profiles says of it. */
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

/** Prefect's own profiles, which count only where there is no file of the user's. */
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

/**
 * The active profile: PREFECT_PROFILE, else the one that the file names, else Prefect's own
 * (prefect-api.md 1.7).
 */
export function findProfile(machine: ProfilesMachine): Profile {
  if (isTestMode(machine.environment)) return { name: 'test mode', settings: {}, warnings: [] };
  const path = pathOfProfiles(machine);
  const text = machine.readTextFile(path);
  const chosen = machine.environment['PREFECT_PROFILE'] || undefined;
  if (text === undefined) return packaged(chosen ?? packagedDefault, 'there is no profiles file');
  const file = parsedProfiles(text);
  if (file === undefined) {
    const warning = `The profiles file ${path} is not valid and is ignored. Correct it, or remove it.`;
    return { name: 'none', settings: {}, warnings: [warning] };
  }
  const name = chosen ?? file.active;
  if (name === undefined || name === '') return packaged(packagedDefault, path);
  const settings = Object.hasOwn(file.profiles, name) ? file.profiles[name] : undefined;
  return settings === undefined ? packaged(name, path, false) : { name, settings, warnings: [] };
}

/**
 * A packaged profile of that name, if such a name counts here; else the default one, with a word
 * about it.
 */
function packaged(name: string, where: string, counts = true): Profile {
  const settings =
    counts && Object.hasOwn(packagedProfiles, name) ? packagedProfiles[name] : undefined;
  if (settings !== undefined) return { name, settings, warnings: [] };
  return {
    name: packagedDefault,
    settings: packagedDefaultSettings,
    warnings: [
      `The profile '${name}' is not known (${where}); Prefect's default profile is used instead.`,
    ],
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

/** Any text that is not empty counts, as in Prefect: also `false`. */
function isTestMode(environment: Readonly<Record<string, string | undefined>>): boolean {
  return testModeNames.some((name) => (environment[name] ?? '') !== '');
}
