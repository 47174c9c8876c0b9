import { describe, expect, it } from 'vitest';
import { findProfile, type Profile } from './profiles.ts';

const file = [
  'active = "prod"',
  '[profiles.prod]',
  'PREFECT_API_URL = "https://prod/api"',
  '[profiles.other]',
  'PREFECT_API_URL = "https://other/api"',
].join('\n');

function profileOf(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
  profilesPath?: unknown,
): Profile {
  return findProfile({
    environment,
    homeDirectory: '/users/me',
    readTextFile: (path) => files[path],
    profilesPath,
  });
}

const usual = '/users/me/.prefect/profiles.toml';
const ephemeral = { PREFECT_SERVER_EPHEMERAL_ENABLED: 'true' };

describe('With a profiles file', () => {
  it('the profile named by PREFECT_PROFILE or else the active one applies', () => {
    expect(profileOf({ [usual]: file })).toEqual({
      name: 'prod',
      settings: { PREFECT_API_URL: 'https://prod/api' },
      warnings: [],
    });
    expect(profileOf({ [usual]: file }, { PREFECT_PROFILE: 'other' }).name).toBe('other');
    expect(profileOf({ [usual]: file }, { PREFECT_PROFILE: '' }).name).toBe('prod');
  });

  it.each(['local', 'missing', 'constructor'])(
    "a profile '%s' that is not in it is replaced by the default",
    (name) => {
      expect(profileOf({ [usual]: file }, { PREFECT_PROFILE: name })).toEqual({
        name: 'ephemeral',
        settings: ephemeral,
        warnings: [
          `Unknown profile '${name}' (${usual}). Using Prefect's default profile instead.`,
        ],
      });
    },
  );

  it('that names no active profile, the default applies without a warning', () => {
    expect(profileOf({ [usual]: '[profiles.ephemeral]\nPREFECT_API_URL = "x"\n' })).toEqual({
      name: 'ephemeral',
      settings: ephemeral,
      warnings: [],
    });
    expect(profileOf({ [usual]: 'active = ""\n' }).settings).toEqual(ephemeral);
  });

  it.each(['a = = b', 'profiles = 5', 'active = 5'])(
    'that is invalid (%s), nothing applies, with a warning',
    (text) => {
      expect(profileOf({ [usual]: text })).toEqual({
        name: 'none',
        settings: {},
        warnings: [`The profiles file ${usual} is not valid and is ignored. Fix it or remove it.`],
      });
    },
  );
});

describe("Without a profiles file, Prefect's own profiles apply", () => {
  it.each([
    [undefined, 'ephemeral', ephemeral],
    ['local', 'local', { PREFECT_API_URL: 'http://127.0.0.1:4200/api' }],
    ['test', 'test', {}],
    ['cloud', 'cloud', {}],
  ])('PREFECT_PROFILE %s is %s', (chosen, name, settings) => {
    expect(profileOf({}, chosen === undefined ? {} : { PREFECT_PROFILE: chosen })).toEqual({
      name,
      settings,
      warnings: [],
    });
  });

  it('and an unknown name is replaced by the default', () => {
    expect(profileOf({}, { PREFECT_PROFILE: 'nope' })).toEqual({
      name: 'ephemeral',
      settings: ephemeral,
      warnings: [
        "Unknown profile 'nope' (there is no profiles file). Using Prefect's default profile instead.",
      ],
    });
  });
});

describe('The profiles file', () => {
  it.each<[string, Readonly<Record<string, string>>, unknown]>([
    ['/w/profiles.toml', { PREFECT_HOME: '/w' }, undefined],
    ['/users/me/w/profiles.toml', { PREFECT_HOME: '~/w' }, undefined],
    [usual, { PREFECT_HOME: '' }, ''],
    ['/etc/p.toml', {}, '/etc/p.toml'],
    ['/users/me/p.toml', {}, '~/p.toml'],
    ['/w/p.toml', { PREFECT_HOME: '/w' }, '$PREFECT_HOME/p.toml'],
    ['/w/p.toml', { PREFECT_HOME: '/w' }, '${PREFECT_HOME}/p.toml'],
  ])('is %s with %j and path %s', (path, environment, profilesPath) => {
    expect(profileOf({ [path]: file }, environment, profilesPath).name).toBe('prod');
  });

  it.each(['PREFECT_TEST_MODE', 'PREFECT_TESTING_TEST_MODE', 'PREFECT_UNIT_TEST_MODE'])(
    'is left aside in test mode by %s, whatever its text',
    (name) => {
      expect(profileOf({ [usual]: file }, { [name]: 'false' })).toEqual({
        name: 'test mode',
        settings: {},
        warnings: [],
      });
      expect(profileOf({ [usual]: file }, { [name]: '' }).name).toBe('prod');
    },
  );
});
