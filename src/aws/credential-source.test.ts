import { describe, expect, it } from 'vitest';
import { NoCredentialsError } from '../core/diagnosis/aws-error.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import {
  SourceWords,
  tellingSource,
  type CredentialIdentity,
  type CredentialProvider,
} from './credential-source.ts';

const identity: CredentialIdentity = { accessKeyId: 'AKID', secretAccessKey: 'x' };
const fails =
  (message: string, more: object = {}): CredentialProvider =>
  () =>
    Promise.reject(Object.assign(new Error(message), more));
const chainsEnd = 'Could not load credentials from any providers';
const noEndpoint = fails('No HTTP credential provider host provided.');

/** Returns why there are no credentials. The clock advances as needed. */
async function whyNone(
  source: CredentialProvider,
  askEndpoint: CredentialProvider = noEndpoint,
  said: readonly string[] = [],
): Promise<NoCredentialsError> {
  const clock = new ManualClock();
  const words = new SourceWords();
  for (const line of said) words.logger.debug(`@smithy/property-provider -> ${line}`);
  const asked = tellingSource(source, words, askEndpoint, clock)().then(
    () => undefined,
    (error: unknown) => error,
  );
  await clock.elapse(60_000);
  const error = await asked;
  if (!(error instanceof NoCredentialsError)) throw new Error(`not told apart: ${String(error)}`);
  return error;
}

describe('A credential source', () => {
  it('that is misconfigured is reported in its own words and is not worth a retry', async () => {
    const text = "ENOENT: no such file or directory, open '/run/token'";
    const error = await whyNone(fails(text, { code: 'ENOENT' }));

    expect(error.message).toMatch(`Unable to locate credentials (${text}). Set AWS_ACCESS_KEY_ID`);
    expect(error.mayPass).toBe(false);
  });

  it.each([
    ['Server responded with status: 500', true],
    ['Server responded with status: 429', true],
    ['Server responded with status: 403', false],
  ])('that answers "%s" is worth a retry: %s', async (text, mayPass) => {
    const error = await whyNone(
      fails(chainsEnd),
      fails(text, { Code: 'AccessDenied', Message: 'No pod identity' }),
    );

    expect(error.message).toContain(`(${text}; AccessDenied; No pod identity)`);
    expect(error.mayPass).toBe(mayPass);
  });

  it('whose error the chain drops is still reported', async () => {
    const stderr = 'Command failed: vault read aws/creds Error: permission denied';
    const error = await whyNone(fails(chainsEnd), noEndpoint, [
      'AWS_PROFILE is set, skipping fromEnv provider.',
      'Skipping SSO provider in default chain (inputs do not include SSO fields).',
      stderr,
      chainsEnd,
    ]);

    expect(error.message).toContain(`(${stderr})`);
    expect(error.mayPass).toBe(false);
  });

  it('that does not exist is not worth a retry', async () => {
    const error = await whyNone(fails(chainsEnd));

    expect(error.message).toMatch(/^Unable to locate credentials /);
    expect(error.mayPass).toBe(false);
  });

  it('that never answers holds no call longer than 20 s', async () => {
    const error = await whyNone(() => new Promise(() => undefined));

    expect(error.message).toContain('the credential source did not answer within 20 s');
    expect(error.mayPass).toBe(true);
  });

  it('is asked again if the chain does not report its answer', async () => {
    const answer = tellingSource(
      fails(chainsEnd),
      new SourceWords(),
      () => Promise.resolve(identity),
      new ManualClock(),
    );

    expect(await answer()).toBe(identity);
  });

  it('refused by STS is not reported as a refusal of the call that needed it', async () => {
    const refused = fails('Not authorized to perform sts:AssumeRoleWithWebIdentity', {
      $metadata: { httpStatusCode: 403 },
    });

    expect(await whyNone(refused)).toMatchObject({ mayPass: false, name: 'NoCredentialsError' });
  });
});
