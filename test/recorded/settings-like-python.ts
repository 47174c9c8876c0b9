import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';

/**
 * Settings that make us act as Python: it calls any endpoint that a job variable names, and turns a
 * tag's blanks into dashes.
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
