/**
 * Label of a deployment that tells which Prefect it was made for, by the name that Prefect's own
 * events use.
 */
const versionLabel = 'prefect.version';

const floating = 'prefecthq/prefect:3-latest';
/** Prefect publishes each of its releases for several Pythons, this one among them since 3.0. */
const python = 'python3.12';

/** Releases and their candidates; other versions are published as no image. */
const published = /^3\.\d+\.\d+(?:rc\d+)?$/;

/**
 * Image of a Prefect container that names none (worker.md 4.5): the worker's setting, else the
 * release that the deployment's label tells, else the newest Prefect 3. Source: prefect
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
