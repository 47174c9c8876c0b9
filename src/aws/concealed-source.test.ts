import { expect, it } from 'vitest';
import { Redaction } from '../kernel/redaction/redaction.ts';
import { concealedSource } from './concealed-source.ts';

it('Current and earlier keys of a credential source are redacted', async () => {
  const redaction = new Redaction();
  const given = ['first-secret-key', 'first-secret-key', 'second-secret-key', 'third-secret-key'];
  const source = concealedSource(
    () =>
      Promise.resolve({
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: given.shift() ?? '',
        sessionToken: 'a-session-token',
      }),
    (secrets) => redaction.hold(secrets),
  );
  const shown = (): string =>
    redaction.text(`first-secret-key second-secret-key third-secret-key a-session-token`);

  expect((await source()).accessKeyId).toBe('AKIDEXAMPLE');
  await source();
  expect(shown()).toBe('*** second-secret-key third-secret-key ***');
  await source();
  expect(shown()).toBe('*** *** third-secret-key ***');
  await source();
  expect(shown()).toBe('first-secret-key *** *** ***');
});
