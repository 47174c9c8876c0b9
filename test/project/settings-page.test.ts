import { expect, it } from 'vitest';
import { settingsPage, declaredSettings } from './settings-page.ts';

it('docs/settings.md matches the declared settings (npx vitest -u writes it)', async () => {
  await expect(settingsPage()).toMatchFileSnapshot('../../docs/settings.md');
});

it('No setting is declared twice', () => {
  const names = declaredSettings().map(({ name }) => name);

  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

it('Every setting has one sentence about what it does', () => {
  const odd = declaredSettings().filter(({ does }) => !/^[A-Z].*\.$/.test(does));

  expect(odd.map(({ name }) => name)).toEqual([]);
});
