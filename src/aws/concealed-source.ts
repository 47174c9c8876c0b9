import type { KnownSecret } from '../kernel/redaction/known-secret.ts';
import { Secret } from '../kernel/secret.ts';
import type { CredentialIdentity, CredentialProvider } from './credential-source.ts';

/** Where secrets become known to every exit of the process, until disposed of. */
export type HoldSecrets = (secrets: readonly KnownSecret[]) => Disposable;

/**
 * A source whose keys no exit shows: those of the machine, of a container's endpoint and of an
 * assumed role stand in no document of the job. The keys before the present ones stay known: a call
 * that was signed with them may fail yet.
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
