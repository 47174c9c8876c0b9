import type { Random } from '../../../kernel/random.ts';
import type { FaultWords } from '../../faults.ts';
import { AwsError } from '../wire/aws-error.ts';
import { answerError, type AwsCall } from '../wire/wire.ts';

/** AWS's error answers, in the protocol of the call (aws-ecs.md A.4). */
export function awsWords(call: AwsCall, random: Random): FaultWords {
  return {
    throttled: () => answerError(call, throttledError(call), random),
    failed: (status, code, message) =>
      answerError(call, failedError(call, status, code, message), random),
  };
}

function throttledError({ protocol, service }: AwsCall): AwsError {
  if (protocol === 'ec2')
    return new AwsError('RequestLimitExceeded', 'Request limit exceeded.', { status: 503 });
  if (protocol === 'query') return new AwsError('Throttling', 'Rate exceeded');
  if (service === 'sqs')
    return new AwsError('RequestThrottled', 'Request is throttled.', { status: 403 });
  return new AwsError('ThrottlingException', 'Rate exceeded');
}

function failedError(
  { protocol }: AwsCall,
  status: number,
  code = codeOf(status, protocol === 'json'),
  message = 'Service Unavailable. Please try again later.',
): AwsError {
  return new AwsError(code, message, { status });
}

function codeOf(status: number, isJson: boolean): string {
  if (status === 403) return isJson ? 'AccessDeniedException' : 'AccessDenied';
  if (status < 500) return isJson ? 'ClientException' : 'InvalidRequest';
  if (status === 503) return isJson ? 'ServiceUnavailableException' : 'Unavailable';
  return isJson ? 'ServerException' : 'InternalError';
}
