import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';

/**
 * The Python worker sends its calls to whatever endpoint a job variable names, and makes dashes of
 * a tag's blanks.
 */
export const settingsLikePython: typeof bundleSettings = (worker) =>
  bundleSettings({
    ...worker,
    environment: {
      ...worker.environment,
      PREFECT_ECS_ALLOWED_AWS_ENDPOINTS: '*',
      PREFECT_ECS_TAG_BLANKS: 'dash',
    },
  });
