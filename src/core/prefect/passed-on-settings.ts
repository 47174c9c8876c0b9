import { settingText, type RawSetting } from './setting-text.ts';
import { settingsCatalogue, type PrefectSetting } from './settings-catalogue.ts';

/** Prefect's default URL of the Cloud. */
export const defaultCloudApiUrl = 'https://api.prefect.cloud/api';

/** The Cloud's limit for one log entry, and the default limit, in bytes. */
export const cloudMaxLogSize = 25_000;
export const defaultMaxLogSize = 1_000_000;

/** Decides between Cloud and self-hosted, for which some passed-on settings differ. */
export interface PassedOnOptions {
  /** A setting's value in the first source that has it, never a default. */
  readonly valueOf: (setting: PrefectSetting) => RawSetting | undefined;
  /** For `~` in PREFECT_HOME. */
  readonly homeDirectory: string;
}

/**
 * The worker's Prefect settings as environment variables for a container: all known settings that
 * any source sets, with canonical names and in Prefect's format, without defaults (prefect-api.md
 * 5.2). Secrets are in plain text.
 */
export function passedOnSettings({
  valueOf,
  homeDirectory,
}: PassedOnOptions): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const setting of settingsCatalogue) {
    const value = valueOf(setting);
    const text = value === undefined ? undefined : settingText(value, setting.type);
    if (text !== undefined) passed[setting.name] = text;
  }
  resolvePaths(passed, homeDirectory);
  if (passed['PREFECT_DEBUG_MODE'] === 'True' || passed['PREFECT_TESTING_TEST_MODE'] === 'True') {
    // Prefect derives both levels in this case, so they count as defaults.
    delete passed['PREFECT_LOGGING_LEVEL'];
    delete passed['PREFECT_INTERNAL_LOGGING_LEVEL'];
  }
  if (isCloudUrl(passed['PREFECT_API_URL'], passed['PREFECT_CLOUD_API_URL'])) {
    const own = passed['PREFECT_LOGGING_TO_API_MAX_LOG_SIZE'] ?? defaultMaxLogSize;
    const cloud = passed['PREFECT_CLOUD_MAX_LOG_SIZE'] ?? cloudMaxLogSize;
    passed['PREFECT_LOGGING_TO_API_MAX_LOG_SIZE'] = String(Math.min(Number(own), Number(cloud)));
  }
  return passed;
}

/**
 * Whether an API URL belongs to Prefect Cloud. All differences between Cloud and self-hosted
 * servers depend on this test (prefect-api.md 1.1).
 */
export function isCloudUrl(apiUrl: string | undefined, cloudApiUrl = defaultCloudApiUrl): boolean {
  return apiUrl !== undefined && cloudApiUrl !== '' && apiUrl.startsWith(cloudApiUrl);
}

function resolvePaths(passed: Record<string, string>, homeDirectory: string): void {
  const home = passed['PREFECT_HOME']?.replace(/^~(?=\/|$)/, homeDirectory);
  if (home !== undefined) passed['PREFECT_HOME'] = home;
  const profiles = passed['PREFECT_PROFILES_PATH'];
  if (profiles !== undefined) {
    passed['PREFECT_PROFILES_PATH'] = profiles.replaceAll(
      '$PREFECT_HOME',
      () => home ?? `${homeDirectory}/.prefect`,
    );
  }
}
