import { describe, expect, it } from 'vitest';
import { isCloudUrl, passedOnSettings } from './passed-on-settings.ts';
import type { RawSetting } from './setting-text.ts';
import { settingsCatalogue } from './settings-catalogue.ts';

function passed(set: Readonly<Record<string, RawSetting>>): Readonly<Record<string, string>> {
  return passedOnSettings({ valueOf: ({ name }) => set[name], homeDirectory: '/users/me' });
}

const cloud = 'https://api.prefect.cloud/api/accounts/a/workspaces/b';

describe('Settings passed on to a container', () => {
  it('are exactly those that are set', () => {
    expect(passed({})).toEqual({});
    expect(passed({ PREFECT_API_URL: 'http://x/api', PREFECT_UNKNOWN: '1' })).toEqual({
      PREFECT_API_URL: 'http://x/api',
    });
  });

  it('are passed on even if empty', () => {
    expect(passed({ PREFECT_API_URL: '' })).toEqual({ PREFECT_API_URL: '' });
  });

  it.each(['PREFECT_DEBUG_MODE', 'PREFECT_TESTING_TEST_MODE'])(
    'leave out the levels that %s decides',
    (mode) => {
      const levels = { PREFECT_LOGGING_LEVEL: 'info', PREFECT_INTERNAL_LOGGING_LEVEL: 'error' };

      expect(passed({ [mode]: '1', ...levels })).toEqual({ [mode]: 'True' });
      expect(passed({ [mode]: '0', ...levels })).toEqual({
        [mode]: 'False',
        PREFECT_LOGGING_LEVEL: 'INFO',
        PREFECT_INTERNAL_LOGGING_LEVEL: 'ERROR',
      });
    },
  );

  it.each<[Readonly<Record<string, RawSetting>>, string]>([
    [{}, '25000'],
    [{ PREFECT_LOGGING_TO_API_MAX_LOG_SIZE: '1000000' }, '25000'],
    [{ PREFECT_LOGGING_TO_API_MAX_LOG_SIZE: 9 }, '9'],
    [{ PREFECT_CLOUD_MAX_LOG_SIZE: '30000' }, '30000'],
  ])('on Prefect Cloud limit the size of a log entry: %j', (set, size) => {
    expect(passed({ PREFECT_API_URL: cloud, ...set })).toMatchObject({
      PREFECT_LOGGING_TO_API_MAX_LOG_SIZE: size,
    });
  });

  it('resolve the same paths as Prefect', () => {
    expect(passed({ PREFECT_HOME: '~/p/', PREFECT_PROFILES_PATH: '$PREFECT_HOME/x.toml' })).toEqual(
      {
        PREFECT_HOME: '/users/me/p',
        PREFECT_PROFILES_PATH: '/users/me/p/x.toml',
      },
    );
    expect(passed({ PREFECT_PROFILES_PATH: '$PREFECT_HOME/x.toml' })).toEqual({
      PREFECT_PROFILES_PATH: '/users/me/.prefect/x.toml',
    });
  });
});

describe('An API URL', () => {
  it("belongs to the Cloud if it begins with the Cloud's URL", () => {
    expect(isCloudUrl(cloud)).toBe(true);
    expect(isCloudUrl('http://127.0.0.1:4200/api')).toBe(false);
    expect(isCloudUrl('http://mine/api/x', 'http://mine/api')).toBe(true);
    expect(isCloudUrl(cloud, '')).toBe(false);
    expect(isCloudUrl(undefined)).toBe(false);
  });
});

describe('The catalogue', () => {
  it('has every setting and every alias once', () => {
    const names = settingsCatalogue.flatMap((setting) => [setting.name, ...setting.aliases]);

    expect(settingsCatalogue).toHaveLength(226);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^PREFECT_[A-Z0-9_]+$/.test(name))).toBe(true);
  });

  it("has the worker's own settings with their types and aliases", () => {
    expect(settingsCatalogue).toContainEqual({
      name: 'PREFECT_WORKER_QUERY_SECONDS',
      type: 'float',
      aliases: [],
    });
    expect(settingsCatalogue).toContainEqual({
      name: 'PREFECT_FLOWS_DEFAULT_RETRIES',
      type: 'integer',
      aliases: ['PREFECT_FLOW_DEFAULT_RETRIES'],
    });
  });
});
