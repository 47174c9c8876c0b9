import { Buffer } from 'node:buffer';
import type { LocalRequest } from '../../message.ts';
import { isSameSecret } from '../../same-secret.ts';
import { AwsError } from './aws-error.ts';
import { judgeSignature } from './signature.ts';
import type { AwsCall } from './wire.ts';

/** A key pair, as AWS issues it to a user. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * The keys of a server that accepts no others. A call that none of them signed must never reach an
 * operation.
 */
export class KeyRing {
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #temporarySecretOf: (accessKeyId: string) => string | undefined;

  constructor(
    keys: readonly AccessKey[],
    temporarySecretOf: (accessKeyId: string) => string | undefined,
  ) {
    this.#secrets = new Map(
      keys.map(({ accessKeyId, secretAccessKey }) => [accessKeyId, secretAccessKey]),
    );
    this.#temporarySecretOf = temporarySecretOf;
  }

  /** Throws in the form of the protocol for a call that none of the keys signed. */
  admit(
    request: Pick<LocalRequest, 'method' | 'url' | 'headers'>,
    body: string,
    protocol: AwsCall['protocol'],
    now: Date,
  ): void {
    const secretOf = (key: string): string | undefined =>
      this.#secrets.get(key) ?? this.#temporarySecretOf(key);
    const verdict = judgeSignature({ request, body, now, secretOf });
    switch (verdict.kind) {
      case 'valid':
        return;
      case 'absent':
        throw refusal(
          protocol,
          'MissingAuthenticationToken',
          'Request is missing Authentication Token',
        );
      case 'incomplete':
        throw refusal(
          protocol,
          'IncompleteSignature',
          'Authorization header requires Credential, SignedHeaders (with host and all x-amz- ' +
            'headers) and Signature; the request needs X-Amz-Date.',
        );
      case 'unknown key':
        throw invalidToken(protocol);
      case 'untimely':
        throw wrongSignature(protocol, verdict.when);
      case 'wrong':
        throw wrongSignature(
          protocol,
          'The request signature we calculated does not match the signature you provided. ' +
            'Check your AWS Secret Access Key and signing method. Consult the service ' +
            'documentation for details.',
        );
    }
  }

  /**
   * Whether a request for the server's own paths carries one of its permanent keys, by HTTP basic
   * authentication.
   */
  opens({ headers }: Pick<LocalRequest, 'headers'>): boolean {
    const credentials = /^Basic +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
    if (credentials === undefined) return false;
    const given = Buffer.from(credentials, 'base64').toString('utf8');
    return [...this.#secrets].some(([id, secret]) => isSameSecret(given, `${id}:${secret}`));
  }
}

/** The key does not exist, or the token does not belong to it. */
export function invalidToken(protocol: AwsCall['protocol']): AwsError {
  const message = 'The security token included in the request is invalid.';
  switch (protocol) {
    case 'json':
      return new AwsError('UnrecognizedClientException', message);
    case 'query':
      return new AwsError('InvalidClientTokenId', message, { status: 403 });
    case 'ec2':
      return notValidated();
  }
}

function wrongSignature(protocol: AwsCall['protocol'], message: string): AwsError {
  switch (protocol) {
    case 'json':
      return new AwsError('InvalidSignatureException', message);
    case 'query':
      return new AwsError('SignatureDoesNotMatch', message, { status: 403 });
    case 'ec2':
      return notValidated();
  }
}

/** JSON services name their errors `...Exception`. */
function refusal(protocol: AwsCall['protocol'], code: string, message: string): AwsError {
  switch (protocol) {
    case 'json':
      return new AwsError(`${code}Exception`, message);
    case 'query':
      return new AwsError(code, message, { status: 403 });
    case 'ec2':
      return notValidated();
  }
}

function notValidated(): AwsError {
  return new AwsError(
    'AuthFailure',
    'AWS was not able to validate the provided access credentials',
    {
      status: 401,
    },
  );
}
