import { expect, it } from 'vitest';
import { settingsPage, declaredSettings } from './settings-page.ts';

it('docs/settings.md lists every setting as it is declared (npx vitest -u writes it)', async () => {
  await expect(settingsPage()).toMatchFileSnapshot('../../docs/settings.md');
});

it('No setting is declared twice', () => {
  const names = declaredSettings().map(({ name }) => name);

  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

it('Each setting says what it does in one sentence', () => {
  const odd = declaredSettings().filter(({ does }) => !/^[A-Z].*\.$/.test(does));

  expect(odd.map(({ name }) => name)).toEqual([]);
});
