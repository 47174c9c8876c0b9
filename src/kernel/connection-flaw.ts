import { toError } from './errors.ts';

/**
 * A connection error that waiting cannot fix: a certificate, a setting or a clock is wrong. Nothing
 * was sent. `named`: the names in the certificate, in Node's words.
 */
export type ConnectionFlaw =
  | { readonly kind: 'untrusted' | 'expired' | 'not-yet-valid' }
  | { readonly kind: 'foreign-name'; readonly named: string }
  /** The port answers, but without TLS. */
  | { readonly kind: 'speaks-no-tls' }
  /** The port only accepts TLS. */
  | { readonly kind: 'wants-tls' }
  | { readonly kind: 'speaks-no-http' }
  /** No common TLS version or cipher, or the server requires a client certificate. */
  | { readonly kind: 'no-common-tls'; readonly words: string }
  /** A header or the URL contains characters that no request may have. */
  | { readonly kind: 'cannot-be-built'; readonly words: string };

/** After the connection failed, the port answered in the other scheme (http or https). */
export class OtherSchemeError extends Error {
  override readonly name = 'OtherSchemeError';
  readonly code: 'ERR_PORT_WANTS_TLS' | 'ERR_PORT_SPEAKS_NO_TLS';

  constructor(code: OtherSchemeError['code'], options?: ErrorOptions) {
    super('the port speaks the other scheme', options);
    this.code = code;
  }
}

/** Codes of OpenSSL and Node for an untrusted certificate. */
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

/** OpenSSL's errors about an answer that is not TLS. */
const noTls =
  /wrong version number|packet length too long|http request|unknown protocol|record layer failure/i;

/** In characters. A certificate may have hundreds of names. */
const wordsAtMost = 200;

/** Undefined if the failure may be temporary. */
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

/** The system's error code of a failed connection, from the causes of the error. */
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
 * Extracts the reason from
 * `C0...:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/...`.
 */
function opensslWords(message: string): string {
  const [, reason] = /:SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  return (reason ?? toError(message).message).trim().slice(0, wordsAtMost);
}
