import { expect, it } from 'vitest';
import { defaultImageFor } from './default-image.ts';

it.each([
  ['the setting, whatever the deployment says', 'mine:1', { 'prefect.version': '3.4.1' }, 'mine:1'],
  [
    'the release of the deployment',
    undefined,
    { 'prefect.version': '3.4.1' },
    'prefecthq/prefect:3.4.1-python3.12',
  ],
  [
    'its candidate',
    undefined,
    { 'prefect.version': '3.5.0rc2' },
    'prefecthq/prefect:3.5.0rc2-python3.12',
  ],
  ['the newest where no label tells', undefined, {}, 'prefecthq/prefect:3-latest'],
  ['the newest without a deployment', undefined, undefined, 'prefecthq/prefect:3-latest'],
  [
    'the newest for a build that is no release',
    undefined,
    { 'prefect.version': '3.4.1+7.g1a2b' },
    'prefecthq/prefect:3-latest',
  ],
  [
    'the newest for a label that is no version',
    undefined,
    { 'prefect.version': 3 },
    'prefecthq/prefect:3-latest',
  ],
])('is %s', (_what, setting, labels, image) => {
  expect(defaultImageFor(setting, labels)).toBe(image);
});
