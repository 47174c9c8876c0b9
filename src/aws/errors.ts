import { STATUS_CODES } from 'node:http';
import { AwsCallError, type NoConnectionCode } from '../core/diagnosis/aws-error.ts';
import { codeOf, connectionFlaw, type ConnectionFlaw } from '../kernel/connection-flaw.ts';
import { toError, WorkerError } from '../kernel/errors.ts';
import { shortTextOf } from './answer-bytes.ts';

/** No source defines a region. */
export class NoRegionError extends WorkerError {
  override readonly name = 'NoRegionError';
}

/**
 * Converts an error of the SDK into ours, as the wire reported it. Missing credentials have already
 * become an error of ours.
 */
export function toAwsError(thrown: unknown, operation: string): Error {
  const error = toError(thrown);
  if (error instanceof WorkerError) return error;
  const status = statusOf(error);
  const flaw = status === undefined ? connectionFlaw(error) : undefined;
  if (flaw !== undefined) {
    const message = `${flawWords(flaw)} (${codeOf(error) ?? error.name})`;
    return new AwsCallError({ code: noConnectionCode(flaw), message, operation }, { cause: error });
  }
  const told =
    isUntold(error) && status !== undefined && status >= 400 ? foreignWords(error, status) : error;
  const message = told.message === noWords ? 'AWS sent no error message.' : told.message;
  return new AwsCallError(
    { code: told.name, message, operation, status, resourceIds: resourceIdsOf(error) },
    { cause: error },
  );
}

/** The SDK's text for an answer without a message. */
const noWords = 'UnknownError';

/**
 * An error answer that no AWS service sends: it comes from a proxy, a load balancer or an emulator.
 */
function isUntold({ name, message }: Error): boolean {
  return name === 'Unknown' || message.includes('Deserialization error: ');
}

/** Code and message from such an answer, else the status, as in botocore. */
function foreignWords(
  error: Error,
  status: number,
): { readonly name: string; readonly message: string } {
  const body = bodyOf(error);
  const name = /<Code>([\w.]{1,100})<\/Code>/.exec(body)?.[1] ?? String(status);
  const words =
    /<Message>([^<]{1,1000})<\/Message>/.exec(body) ?? /<title>([^<]{1,200})<\/title>/i.exec(body);
  return {
    name,
    message: words?.[1]?.trim() ?? STATUS_CODES[status] ?? 'AWS sent no error message.',
  };
}

function bodyOf(error: Error): string {
  // The SDK attaches the answer to its errors but does not declare it.
  const { $response: response, $responseBodyText: text } = error as {
    readonly $response?: { readonly body?: unknown };
    readonly $responseBodyText?: unknown;
  };
  if (typeof text === 'string') return text;
  const body = response?.body;
  return typeof body === 'object' && body !== null ? (shortTextOf(body) ?? '') : '';
}

/** botocore's names for these errors. */
function noConnectionCode({ kind }: ConnectionFlaw): NoConnectionCode {
  return kind === 'cannot-be-built' || kind === 'speaks-no-http'
    ? 'EndpointConnectionError'
    : 'SSLError';
}

const bundles =
  "AWS_CA_BUNDLE in the worker's environment, or verify_cert_path in the AWS client parameters,";
const endpoint = 'the endpoint (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> or endpoint_url)';

/** What to fix, by the names of the AWS settings. */
function flawWords(flaw: ConnectionFlaw): string {
  switch (flaw.kind) {
    case 'untrusted':
      return (
        'The certificate of the AWS endpoint is signed by an authority that the worker does ' +
        `not trust. Set ${bundles} to a PEM file with the certificate of that authority`
      );
    case 'expired':
      return (
        "The AWS endpoint's certificate has expired, or the clock of this machine is ahead. " +
        'Renew the certificate, or correct the clock'
      );
    case 'not-yet-valid':
      return (
        "The AWS endpoint's certificate is not valid yet, or the clock of this machine is " +
        'behind. Correct the clock'
      );
    case 'foreign-name':
      return (
        `The AWS endpoint's certificate is for another name. Set ${endpoint} to a host name ` +
        `that the certificate covers: ${flaw.named}`
      );
    case 'speaks-no-tls':
      return `The AWS endpoint does not speak TLS on this port. Use http:// in ${endpoint}`;
    case 'wants-tls':
      return `The AWS endpoint speaks TLS on this port. Use https:// in ${endpoint}`;
    case 'speaks-no-http':
      return `The server on this port does not speak HTTP. Check ${endpoint}`;
    case 'no-common-tls':
      return (
        `The worker and the AWS endpoint have no TLS version or cipher in common: ${flaw.words}. ` +
        `Check ${endpoint}`
      );
    case 'cannot-be-built':
      return `The request cannot be built: ${flaw.words}. Check ${endpoint}`;
  }
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null)
    return undefined;
  const metadata = error.$metadata;
  return 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined;
}

function resourceIdsOf(error: Error): readonly string[] {
  if (!('resourceIds' in error) || !Array.isArray(error.resourceIds)) return [];
  return error.resourceIds.filter((id: unknown) => typeof id === 'string');
}
