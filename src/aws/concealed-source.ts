import type { KnownSecret } from '../kernel/redaction/known-secret.ts';
import { Secret } from '../kernel/secret.ts';
import type { CredentialIdentity, CredentialProvider } from './credential-source.ts';

/** Registers secrets with every exit of the process, until disposed of. */
export type HoldSecrets = (secrets: readonly KnownSecret[]) => Disposable;

/**
 * A credential source whose keys no exit shows. Keys of the machine, of a container's endpoint and
 * of an assumed role are in no document of the job, so nothing else would redact them. The previous
 * keys stay registered, because a call signed with them may still fail and be logged.
 */
export function concealedSource(source: CredentialProvider, hold: HoldSecrets): CredentialProvider {
  let known: string | undefined;
  let held: Disposable | undefined;
  let before: Disposable | undefined;
  return async () => {
    const identity = await source();
    if (identity.secretAccessKey !== known) {
      known = identity.secretAccessKey;
      before?.[Symbol.dispose]();
      before = held;
      held = hold(secretsOf(identity));
    }
    return identity;
  };
}

function secretsOf({ secretAccessKey, sessionToken }: CredentialIdentity): readonly KnownSecret[] {
  return [secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])].map((text) => ({
    secret: new Secret(text),
    origin: 'credential',
  }));
}
