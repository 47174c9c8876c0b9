import { expect, it } from 'vitest';
import { launchInLabel, launchLabel, launchText, relaunchToken } from './relaunch.ts';

const launchId = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

it('The token of a launch without an announcing state is UUID version 5 of launch id and number', () => {
  // Python: uuid.uuid5(uuid.UUID('6ba7b810-9dad-11d1-80b4-00c04fd430c8'), '2')
  expect(relaunchToken(launchId, 2)).toBe('4b166dbe-d99d-5091-abdd-95b83330ed3a');
  expect(relaunchToken(launchId, 3)).toBe('98123fde-012f-5ff3-8b50-881449dac91a');
});

it('The label names the latest launch of its own claim', () => {
  expect(launchInLabel({ [launchLabel]: launchText(launchId, 4) }, launchId)).toBe(4);
});

it.each([
  [{}],
  [{ [launchLabel]: 7 }],
  [{ [launchLabel]: 'nonsense' }],
  [{ [launchLabel]: launchText('11111111-1111-4111-8111-111111111111', 4) }],
  [{ [launchLabel]: launchText(launchId, 0) }],
])('labels %j name no other launch than the first', (labels) => {
  expect(launchInLabel(labels, launchId)).toBe(1);
});
