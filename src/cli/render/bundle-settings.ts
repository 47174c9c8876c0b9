import { runSettingsOf } from '../../service/run-settings.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { Bundle } from '../../render/bundle-schema.ts';
import type { BundleSettings } from '../../render/bundle.ts';
import { loadSettings } from '../../settings/settings.ts';

/** The profiles of a bundle that has none: an active profile that sets nothing. */
const emptyProfiles = 'active = "empty"\n[profiles.empty]\n';

const home = '/bundle-home';

/** Many bundles share one worker; its settings are parsed once. */
const read = new LruMap<string, BundleSettings>(16);

/** The settings of a bundle's worker, from its whole environment and its profiles file. */
export function bundleSettings(worker: Bundle['worker']): BundleSettings {
  const profiles =
    worker.profiles_toml === undefined ? emptyProfiles : (worker.profiles_toml ?? undefined);
  const key = JSON.stringify([worker.environment, profiles ?? null]);
  const known = read.get(key);
  if (known !== undefined) return known;
  const settings = settingsOf(worker.environment, profiles);
  read.set(key, settings);
  return settings;
}

function settingsOf(
  environment: Bundle['worker']['environment'],
  profiles: string | undefined,
): BundleSettings {
  const settings = loadSettings({
    environment,
    workingDirectory: '/bundle',
    homeDirectory: home,
    readTextFile: (path) => (path.endsWith('/profiles.toml') ? profiles : undefined),
  });
  return {
    run: runSettingsOf(settings, settings.worker.prefetchSeconds),
    region: settings.aws.region,
  };
}
