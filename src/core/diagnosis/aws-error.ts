import { WorkerError } from '../../kernel/errors.ts';

interface AwsCallFact {
  readonly code: string;
  /** AWS's own text. */
  readonly message: string;
  readonly operation: string;
  readonly status?: number | undefined;
  readonly resourceIds?: readonly string[];
}

/**
 * A failed call to AWS. `name` is AWS's own code (`ClusterNotFoundException`, `TimeoutError`, ...),
 * which state messages show. `message` has operation, code and AWS's text in botocore's words, so
 * that printing it alone is enough. `status` is absent when no answer came.
 */
export class AwsCallError extends WorkerError {
  override readonly name: string;
  readonly operation: string;
  /** AWS's text alone. Match against this, never against `message`, which has our words, too. */
  readonly said: string;
  readonly status: number | undefined;
  /** ARNs in a `ConflictException`: the tasks that the client token already started. */
  readonly resourceIds: readonly string[];

  constructor(fact: AwsCallFact, options?: ErrorOptions) {
    super(sentenceOf(fact), options);
    this.name = fact.code;
    this.operation = fact.operation;
    this.said = fact.message;
    this.status = fact.status;
    this.resourceIds = fact.resourceIds ?? [];
  }
}

function sentenceOf({ code, message, operation, status }: AwsCallFact): string {
  if (status !== undefined)
    return `An error occurred (${code}) when calling the ${operation} operation: ${message}`;
  return message.includes(operation)
    ? message
    : `${operation} got no answer from AWS: ${code}: ${message}`;
}

/**
 * No source returned credentials, so nothing was sent. `mayPass`: the source failed or did not
 * answer, which may be temporary; otherwise its configuration is wrong.
 */
export class NoCredentialsError extends WorkerError {
  override readonly name = 'NoCredentialsError';
  readonly mayPass: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly mayPass?: boolean }) {
    super(message, options);
    this.mayPass = options?.mayPass ?? false;
  }
}

/** What an AWS error means for the caller. */
export type AwsErrorKind =
  /** AWS did nothing; try later. */
  | 'throttled'
  /** No readable answer: AWS may have done it. */
  | 'transient'
  /** Nothing was sent, and no connection is possible until somebody fixes the configuration. */
  | 'no-connection'
  /** The client token already started other tasks; `resourceIds` names them. */
  | 'conflict'
  | 'inactive-definition'
  /** No capacity at the moment. Nothing was done. */
  | 'capacity'
  /** A refusal that may pass within a minute. Nothing was done. */
  | 'retryable-client'
  /** The same call would be refused again. Nothing was done. */
  | 'hopeless';

const deniedCodes: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'OptInRequired',
  'UnauthorizedOperation',
]);

/**
 * AWS knows who calls and refuses the action. A repetition does not help, and every run that needs
 * the same right meets the same answer (worker.md 8.5.1).
 */
export function isDeniedRight(error: unknown): error is AwsCallError {
  return error instanceof AwsCallError && deniedCodes.has(error.name);
}

const throttlingCodes: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/**
 * EC2 was throttled or failed while ECS asked it on our behalf. ECS passes that on as a bad
 * parameter: without this rule, a healthy run is crashed by a passing error (aws-ecs.md B.3.3).
 */
const illInDisguise =
  /^Error retrieving[\s\S]*\(ErrorCode: (InternalError|RequestLimitExceeded|Throttling)\)\.?\s*$/;

/** Refusals that pass once another task ends or an instance arrives. */
const withoutRoom =
  /capacity is unavailable|no capacity|provisioning capacity limit exceeded|No Container Instances|reached the limit on the number of (?:tasks|vcpus)|configuration is above your limit/i;

/**
 * Refusals that pass by themselves: IAM has not distributed a new role yet, or two registrations
 * collided.
 */
const healing = [
  /ECS was unable to assume the role/i,
  /Unable to assume the service linked role/i,
  /Too many concurrent attempts to create a new revision/i,
];

/** Codes for a signature with a wrong time. The first two have other causes, too. */
const clockCodes: ReadonlySet<string> = new Set([
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'RequestExpired',
]);

/** AWS refused the signature, perhaps because of our clock. */
export function isAboutSignature(error: AwsCallError): boolean {
  return clockCodes.has(error.name);
}

/**
 * Whether AWS refused the call because our clock is off. The credentials are fine: reporting them
 * as broken would send people after the wrong fault (aws-ecs.md A.4.1).
 */
export function isAboutClock(error: AwsCallError): boolean {
  if (error.name === 'RequestTimeTooSkewed' || error.name === 'RequestExpired') return true;
  return isAboutSignature(error) && /Signature (?:expired|not yet current)/i.test(error.said);
}

/** Our codes, named after botocore's: an untrusted certificate, an impossible endpoint. */
export type NoConnectionCode = 'SSLError' | 'EndpointConnectionError';
const noConnection: ReadonlySet<string> = new Set<NoConnectionCode>([
  'SSLError',
  'EndpointConnectionError',
]);

/**
 * Classifies an error of a call, by code and status first and by text only where AWS gives no code
 * (aws-ecs.md A.4, B.3.3; worker.md 8). Only a 4xx with a code proves that nothing happened:
 * everything else is `transient`, and RunTask may have started a task.
 */
export function classifyAwsError(error: AwsCallError): AwsErrorKind {
  if (error.name === 'ConflictException') return 'conflict';
  if (throttlingCodes.has(error.name) || error.status === 429) return 'throttled';
  if (error.said === 'Rate exceeded' || illInDisguise.test(error.said)) return 'throttled';
  if (error.status === undefined && noConnection.has(error.name)) return 'no-connection';
  if (error.status === undefined || error.status >= 500 || error.status < 400) return 'transient';
  if (isAboutClock(error)) return 'transient';
  if (/TaskDefinition (is inactive|not found)/i.test(error.said)) return 'inactive-definition';
  if (withoutRoom.test(error.said)) return 'capacity';
  if (healing.some((text) => text.test(error.said))) return 'retryable-client';
  return 'hopeless';
}
