import { STATUS_CODES } from 'node:http';
import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import { toError, WorkerError } from '../kernel/errors.ts';
import { shortTextOf } from './answer-bytes.ts';

/** No source names a region. */
export class NoRegionError extends WorkerError {
  override readonly name = 'NoRegionError';
}

/** An error of the SDK as the wire told it. What never reached the wire for want of credentials is an error of ours already. */
export function toAwsError(thrown: unknown, operation: string): Error {
  const error = toError(thrown);
  if (error instanceof WorkerError) return error;
  const status = statusOf(error);
  const told = isUntold(error) && status !== undefined && status >= 400 ? foreignWords(error, status) : error;
  const message = told.message === noWords ? 'AWS gave no message.' : told.message;
  return new AwsCallError(
    { code: told.name, message, operation, status, resourceIds: resourceIdsOf(error) },
    { cause: error },
  );
}

/** What the SDK says where AWS said nothing. */
const noWords = 'UnknownError';

/** An error answer in no form that the service has: of a proxy, a load balancer, or an emulator. */
function isUntold({ name, message }: Error): boolean {
  return name === 'Unknown' || message.includes('Deserialization error: ');
}

/** Code and message as such an answer tells them; else the status, as botocore does. */
function foreignWords(error: Error, status: number): { readonly name: string; readonly message: string } {
  const body = bodyOf(error);
  const name = /<Code>([\w.]{1,100})<\/Code>/.exec(body)?.[1] ?? String(status);
  const words =
    /<Message>([^<]{1,1000})<\/Message>/.exec(body) ?? /<title>([^<]{1,200})<\/title>/i.exec(body);
  return { name, message: words?.[1]?.trim() ?? STATUS_CODES[status] ?? 'AWS gave no message.' };
}

function bodyOf(error: Error): string {
  // The SDK hangs the answer on its errors and declares neither.
  const { $response: response, $responseBodyText: text } = error as {
    readonly $response?: { readonly body?: unknown };
    readonly $responseBodyText?: unknown;
  };
  if (typeof text === 'string') return text;
  const body = response?.body;
  return typeof body === 'object' && body !== null ? (shortTextOf(body) ?? '') : '';
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
