import { WorkerError } from '../../kernel/errors.ts';

interface AwsCallFact {
  readonly code: string;
  /** AWS's own. */
  readonly message: string;
  readonly operation: string;
  readonly status?: number | undefined;
  readonly resourceIds?: readonly string[];
}

/**
 * A call to AWS that did not succeed, as the wire told it. `name` is AWS's own code
 * (`ClusterNotFoundException`, `TimeoutError`, ...): state messages show it. `message` has
 * operation, code and AWS's text, in the words of botocore: whoever prints it loses nothing.
 * `status` is absent when no answer came.
 */
export class AwsCallError extends WorkerError {
  override readonly name: string;
  readonly operation: string;
  /** AWS's text alone: what means something is looked for in it, never in `message`. */
  readonly said: string;
  readonly status: number | undefined;
  /** ARNs that a `ConflictException` names: the tasks that the token already made. */
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
 * No source of credentials gave any: nothing was sent. `mayPass`: the source stumbled, or did not
 * answer; else it cannot work as it is set up.
 */
export class NoCredentialsError extends WorkerError {
  override readonly name = 'NoCredentialsError';
  readonly mayPass: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly mayPass?: boolean }) {
    super(message, options);
    this.mayPass = options?.mayPass ?? false;
  }
}

/** What an error of AWS means for whoever called. */
export type AwsErrorKind =
  /** AWS says "later": nothing was done. */
  | 'throttled'
  /** No answer, or none that can be read: it may have been done. */
  | 'transient'
  /** No connection came about, and none will until somebody mends something. Nothing was sent. */
  | 'no-connection'
  /** The token already made other tasks; `resourceIds` names them. */
  | 'conflict'
  | 'inactive-definition'
  /** There is no room now. Nothing was done. */
  | 'capacity'
  /** A refusal that may heal by itself within a minute. Nothing was done. */
  | 'retryable-client'
  /** The same call will be refused again. Nothing was done. */
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

/** Texts of refusals that another task's end, or an instance that arrives, heals. */
const withoutRoom =
  /capacity is unavailable|no capacity|provisioning capacity limit exceeded|No Container Instances|reached the limit on the number of (?:tasks|vcpus)|configuration is above your limit/i;

/**
 * Texts of refusals that heal: a role that IAM does not know everywhere yet, a registration beside
 * another.
 */
const healing = [
  /ECS was unable to assume the role/i,
  /Unable to assume the service linked role/i,
  /Too many concurrent attempts to create a new revision/i,
];

/**
 * AWS's codes for a signature whose time it does not accept; the first two have other causes, too.
 */
const clockCodes: ReadonlySet<string> = new Set([
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'RequestExpired',
]);

/** AWS refused the signature, perhaps for our clock. */
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

/**
 * Codes of ours, after botocore: a certificate that is not trusted, an endpoint that cannot be one.
 */
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
