import {
  PrefectConnectionError,
  PrefectUnreachableError,
  RedirectRefusedError,
} from '../../core/prefect/api-error.ts';
import {
  codeOf,
  connectionFlaw,
  OtherSchemeError,
  type ConnectionFlaw,
} from '../../kernel/connection-flaw.ts';
import { toError } from '../../kernel/errors.ts';

/** No answer arrived. */
export interface NetworkFailure {
  readonly kind: 'network';
  readonly error: PrefectUnreachableError | PrefectConnectionError;
  /**
   * `after-success`: the port refused the connection. A repetition makes sense only if a server has
   * answered there before.
   */
  readonly repetition: 'useful' | 'after-success' | 'useless';
}

/** The request, for the error message. */
export interface Asked {
  readonly apiUrl: string;
  /** The setting that supplied our credentials, and where it is set. */
  readonly sentAs?: string | undefined;
}

const nobodyThere: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * Describes what went wrong with a connection, and what to change if a repetition would meet the
 * same.
 */
export function networkFailure(thrown: unknown, asked: Asked): NetworkFailure {
  const { apiUrl } = asked;
  const options = { cause: thrown };
  if (thrown instanceof RedirectRefusedError)
    return useless(new PrefectConnectionError(apiUrl, thrown.message, options));
  const flaw = flawIn(thrown, asked.sentAs);
  if (flaw !== undefined) return useless(new PrefectConnectionError(apiUrl, flaw, options));
  const code = codeOf(thrown);
  const reason = code ?? toError(thrown).message;
  const words =
    code === 'ECONNRESET'
      ? `the server closed the connection without an answer (${reason})`
      : reason;
  return {
    kind: 'network',
    error: new PrefectUnreachableError(apiUrl, words, options),
    repetition: code !== undefined && nobodyThere.includes(code) ? 'after-success' : 'useful',
  };
}

/**
 * Describes a connection that no wait will fix, and the setting that will. Undefined: the failure
 * may be transient.
 */
export function flawIn(thrown: unknown, sentAs?: string): string | undefined {
  const flaw = connectionFlaw(thrown);
  const code = codeOf(thrown);
  if (flaw === undefined || code === undefined) return undefined;
  return `${flawWords(flaw, sentAs)} (${code})`;
}

/** How web servers answer plain HTTP on a TLS port. */
const saysWantsTls = /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server/i;

/** Some servers answer in plain HTTP, with 400, that they require TLS. */
export function refusedForWantOfTls(
  status: number,
  text: string,
  asked: Asked,
): NetworkFailure | undefined {
  if (status !== 400 || !saysWantsTls.test(text)) return undefined;
  return networkFailure(new OtherSchemeError('ERR_PORT_WANTS_TLS'), asked);
}

function useless(error: PrefectConnectionError): NetworkFailure {
  return { kind: 'network', error, repetition: 'useless' };
}

const orUnchecked = 'To skip the certificate check, set PREFECT_API_TLS_INSECURE_SKIP_VERIFY=true';

function flawWords(flaw: ConnectionFlaw, sentAs: string | undefined): string {
  switch (flaw.kind) {
    case 'untrusted':
      return (
        "the server's certificate is signed by an authority that the worker does not trust. " +
        'Set PREFECT_API_SSL_CERT_FILE to a PEM file with the certificate of that authority'
      );
    case 'expired':
      return (
        "the server's certificate has expired, or the clock of this machine is ahead. Renew " +
        `the certificate, or correct the clock. ${orUnchecked}`
      );
    case 'not-yet-valid':
      return (
        "the server's certificate is not valid yet, or the clock of this machine is behind. " +
        `Correct the clock, or replace the certificate. ${orUnchecked}`
      );
    case 'foreign-name':
      return (
        "the server's certificate is for another name. Set PREFECT_API_URL to a host name that " +
        'the certificate covers: ' +
        flaw.named
      );
    case 'speaks-no-tls':
      return (
        'the server does not speak TLS on this port. Use http:// in PREFECT_API_URL, or ' +
        'use its TLS port'
      );
    case 'wants-tls':
      return 'the server speaks TLS on this port. Use https:// in PREFECT_API_URL';
    case 'speaks-no-http':
      return (
        'the server does not speak HTTP on this port. Check the host, port and scheme of ' +
        'PREFECT_API_URL'
      );
    case 'no-common-tls':
      return (
        `the worker and the server have no TLS version or cipher in common: ${flaw.words}. ` +
        'Check that PREFECT_API_URL is the address of the API, and which TLS versions and ' +
        'client certificates its server requires'
      );
    case 'cannot-be-built':
      return `the request cannot be built: ${flaw.words}. ${fixForHeader(flaw.words, sentAs)}`;
  }
}

/** Node names the header but not its value. */
function fixForHeader(words: string, sentAs: string | undefined): string {
  if (/authorization/i.test(words)) {
    return (
      'The header contains a line break or another forbidden character. Fix ' +
      (sentAs ?? 'PREFECT_API_KEY')
    );
  }
  return 'Fix PREFECT_CLIENT_CUSTOM_HEADERS, or PREFECT_API_URL';
}
