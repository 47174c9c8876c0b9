/** Deployment label with the Prefect version that it was made for, named as in Prefect's events. */
const versionLabel = 'prefect.version';

const floating = 'prefecthq/prefect:3-latest';
/** Prefect publishes each release for several Python versions, including this one since 3.0. */
const python = 'python3.12';

/** Releases and release candidates. Other versions have no published image. */
const published = /^3\.\d+\.\d+(?:rc\d+)?$/;

/**
 * The image of a Prefect container without one (worker.md 4.5): the worker's setting, else the
 * release in the deployment's label, else the newest Prefect 3. Source: prefect
 * `utilities/dockerutils.py`.
 */
export function defaultImageFor(
  setting: string | undefined,
  labels: Readonly<Record<string, unknown>> | undefined,
): string {
  if (setting !== undefined) return setting;
  const version = labels?.[versionLabel];
  return typeof version === 'string' && published.test(version)
    ? `prefecthq/prefect:${version}-${python}`
    : floating;
}
