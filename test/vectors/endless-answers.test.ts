import { expect, it } from 'vitest';
import { z } from 'zod';
import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { casesOf } from './cases.ts';

const [plain] = casesOf(
  'launch',
  z.looseObject({ bundle: z.looseObject({ aws: z.looseObject({}) }) }),
);

/** Endless answers of ECS, and the error that ends the launch (worker.md 8). */
it.each([
  [
    'neither a task nor a failure',
    { tasks: [], failures: [] },
    'RuntimeError',
    'Failed to run ECS task: no tasks or failures were returned.',
  ],
  [
    'throttling',
    { error: { code: 'ThrottlingException', message: 'Rate exceeded' } },
    'ThrottlingException',
    'Rate exceeded',
  ],
])(
  'Rendering ends for a bundle whose RunTask always answers %s',
  async (_what, answer, name, words) => {
    const bundle = { ...plain?.bundle, aws: { ...plain?.bundle.aws, run_task: [answer] } };

    const { error, run_task } = await renderBundle(bundle, { settingsOf: bundleSettings });

    expect(error).toMatchObject({ name, message: expect.stringContaining(words) });
    expect(run_task).toBeNull();
  },
);
