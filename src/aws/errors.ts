import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import { toError, WorkerError } from '../kernel/errors.ts';

/** No source names a region. */
export class NoRegionError extends WorkerError {
  override readonly name = 'NoRegionError';
}

/** An error of the SDK as the wire told it. What never reached the wire for want of credentials is an error of ours already. */
export function toAwsError(thrown: unknown, operation: string): Error {
  const error = toError(thrown);
  if (error instanceof WorkerError) return error;
  const status = statusOf(error);
  return new AwsCallError(
    { code: error.name, message: error.message, operation, status, resourceIds: resourceIdsOf(error) },
    { cause: error },
  );
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
