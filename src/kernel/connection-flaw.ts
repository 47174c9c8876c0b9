import { toError } from './errors.ts';

/**
 * Why a connection never came about, where no waiting mends it: a certificate, a setting or a clock
 * has to be changed. Nothing was sent in any of these cases. `named`: whom the certificate is for,
 * in Node's words.
 */
export type ConnectionFlaw =
  | { readonly kind: 'untrusted' | 'expired' | 'not-yet-valid' }
  | { readonly kind: 'foreign-name'; readonly named: string }
  /** The port answers, in clear. */
  | { readonly kind: 'speaks-no-tls' }
  /** The port answers, to TLS alone. */
  | { readonly kind: 'wants-tls' }
  | { readonly kind: 'speaks-no-http' }
  /** Both speak TLS, and agree on none; or the server wants a certificate of ours. */
  | { readonly kind: 'no-common-tls'; readonly words: string }
  /** A header or the URL holds what no request can carry. */
  | { readonly kind: 'cannot-be-built'; readonly words: string };

/** The port was asked in the other scheme after the connection broke, and answered. */
export class OtherSchemeError extends Error {
  override readonly name = 'OtherSchemeError';
  readonly code: 'ERR_PORT_WANTS_TLS' | 'ERR_PORT_SPEAKS_NO_TLS';

  constructor(code: OtherSchemeError['code'], options?: ErrorOptions) {
    super('the port speaks the other scheme', options);
    this.code = code;
  }
}

/** As OpenSSL and Node name what they do not trust. */
const distrust =
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|INVALID_CA|INVALID_PURPOSE)/;

const byCode: Readonly<Record<string, ConnectionFlaw>> = {
  CERT_HAS_EXPIRED: { kind: 'expired' },
  CERT_NOT_YET_VALID: { kind: 'not-yet-valid' },
  ERR_PORT_WANTS_TLS: { kind: 'wants-tls' },
  ERR_PORT_SPEAKS_NO_TLS: { kind: 'speaks-no-tls' },
};

const unbuildable: readonly string[] = [
  'ERR_INVALID_CHAR',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_INVALID_PROTOCOL',
  'ERR_INVALID_URL',
  'ERR_UNESCAPED_CHARACTERS',
  'UND_ERR_INVALID_ARG',
];

/** OpenSSL read an answer that is no TLS. */
const noTls =
  /wrong version number|packet length too long|http request|unknown protocol|record layer failure/i;

/** Certificates may list hundreds of names. */
const wordsAtMost = 200;

/** Undefined: the failure may pass, or is not known to stay. */
export function connectionFlaw(thrown: unknown): ConnectionFlaw | undefined {
  const { code, message } = deepestCoded(thrown) ?? {};
  if (code === undefined || message === undefined) return undefined;
  const words = message.slice(0, wordsAtMost);
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined;
  if (known !== undefined) return known;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH')
    return {
      kind: 'foreign-name',
      named: words.replace(/^Hostname\/IP does not match certificate's altnames: /, ''),
    };
  if (distrust.test(code)) return { kind: 'untrusted' };
  if (code.startsWith('HPE_')) return { kind: 'speaks-no-http' };
  if (unbuildable.includes(code)) return { kind: 'cannot-be-built', words };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return noTls.test(message)
      ? { kind: 'speaks-no-tls' }
      : { kind: 'no-common-tls', words: opensslWords(message) };
  return undefined;
}

/** The system's code of a failed connection, which is kept among the causes. */
export function codeOf(thrown: unknown): string | undefined {
  return deepestCoded(thrown)?.code;
}

function deepestCoded(
  thrown: unknown,
): { readonly code: string; readonly message: string } | undefined {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string')
      return { code: cause.code, message: cause.message };
    if (cause instanceof AggregateError && cause.errors.length > 0)
      return deepestCoded(cause.errors[0]);
  }
  return undefined;
}

/**
 * `C0...:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/...`
 * says it in one part.
 */
function opensslWords(message: string): string {
  const [, reason] = /:SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  return (reason ?? toError(message).message).trim().slice(0, wordsAtMost);
}
