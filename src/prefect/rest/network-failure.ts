import { PrefectUnreachableError } from '../../core/prefect/api-error.ts';
import { toError } from '../../kernel/errors.ts';

/** No answer came. */
export interface NetworkFailure {
  readonly kind: 'network';
  readonly error: PrefectUnreachableError;
  /** `after-success`: nobody listens there, which is worth a repetition only where somebody did before. */
  readonly repetition: 'useful' | 'after-success' | 'useless';
}

const nobodyThere: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** As OpenSSL and Node name what they do not trust. */
const distrust =
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

/** What went wrong with a connection, and what to do where a repetition would meet the same. */
export function networkFailure(thrown: unknown, apiUrl: string): NetworkFailure {
  const code = codeOf(thrown);
  const reason = code ?? toError(thrown).message;
  const advice = code === undefined ? undefined : adviceFor(code);
  const words = advice ?? (code === 'ECONNRESET' ? resetWords(apiUrl) : undefined);
  return {
    kind: 'network',
    error: new PrefectUnreachableError(apiUrl, words === undefined ? reason : `${words} (${reason})`, {
      cause: thrown,
    }),
    repetition: repetitionFor(code, advice),
  };
}

/** A server that is restarted does so; and one that wants TLS and hears none. */
function resetWords(apiUrl: string): string | undefined {
  if (!apiUrl.startsWith('http:')) return undefined;
  return 'the server closed the connection without an answer. If it speaks TLS, let PREFECT_API_URL begin with https://';
}

function repetitionFor(code: string | undefined, advice: string | undefined): NetworkFailure['repetition'] {
  if (advice !== undefined) return 'useless';
  return code !== undefined && nobodyThere.includes(code) ? 'after-success' : 'useful';
}

function adviceFor(code: string): string | undefined {
  if (distrust.test(code)) {
    return (
      'the certificate of the server is not trusted. Name the file of the authority that signed it in ' +
      'PREFECT_API_SSL_CERT_FILE'
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return 'the server does not speak TLS on this port. Check whether PREFECT_API_URL should begin with http://';
  if (code.startsWith('HPE_'))
    return 'the server does not speak HTTP on this port. Check whether PREFECT_API_URL should begin with https://';
  return undefined;
}

/** The system's code of a failed connection, which is kept among the causes. */
function codeOf(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  }
  return undefined;
}
