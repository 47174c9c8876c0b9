import { AwsCallError, classifyAwsError, isAboutClock, NoCredentialsError } from './aws-error.ts';

/** A refusal of the caller rather than of the request: all runs with these credentials get it. */
export type Denial =
  | {
      readonly kind: 'right';
      /** As in a policy: `ecs:RunTask`. */
      readonly action: string;
      /** The ARN that AWS names, if any. */
      readonly resource: string | undefined;
      readonly words: string;
    }
  | {
      readonly kind: 'credentials';
      /** Perhaps temporary: the source failed for a moment, or is about to renew them. */
      readonly mayPass: boolean;
      readonly words: string;
    };

const rights: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'OptInRequired',
  'UnauthorizedOperation',
]);
const unknownCredentials: ReadonlySet<string> = new Set([
  'AuthFailure',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'SignatureDoesNotMatch',
  'UnrecognizedClient',
  'UnrecognizedClientException',
]);
const oldCredentials: ReadonlySet<string> = new Set(['ExpiredToken', 'ExpiredTokenException']);

/** `User: ... is not authorized to perform: ecs:RunTask on resource: arn:... because ...` */
const deniedAction = /not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?/;

/**
 * What an error says is missing: a right or credentials. Undefined: it is about something else, and
 * the run itself is to blame or AWS is ill (worker.md 8.5.1).
 */
export function denialOf(error: unknown): Denial | undefined {
  if (error instanceof NoCredentialsError)
    return { kind: 'credentials', mayPass: error.mayPass, words: error.message };
  if (!(error instanceof AwsCallError)) return undefined;
  const words = error.message;
  if (isAboutClock(error) || oldCredentials.has(error.name))
    return { kind: 'credentials', mayPass: true, words };
  if (unknownCredentials.has(error.name)) return { kind: 'credentials', mayPass: false, words };
  if (!rights.has(error.name)) return undefined;
  // Without the role there are no credentials at all, so no single permission is missing.
  if (error.operation === 'AssumeRole') return { kind: 'credentials', mayPass: false, words };
  const named = rightIn(error.said);
  const action = named?.action ?? `${serviceOf(error.operation)}:${error.operation}`;
  return { kind: 'right', action, resource: named?.resource, words };
}

/** The missing permission that AWS names in its refusal. */
export function rightIn(
  words: string,
): { readonly action: string; readonly resource: string | undefined } | undefined {
  const [, action, resource] = deniedAction.exec(words) ?? [];
  return action === undefined ? undefined : { action, resource };
}

/** The service of an operation that the preparation or launch of a run calls. */
export function serviceOf(operation: string): 'ecs' | 'ec2' | 'sts' {
  if (operation === 'DescribeVpcs' || operation === 'DescribeSubnets') return 'ec2';
  return operation === 'AssumeRole' ? 'sts' : 'ecs';
}

/**
 * AWS is busy, ill or out of reach. The error says nothing about the run: crashed for it, every
 * scheduled run would end with an outage (worker.md 0.5.1).
 */
export function isAwsIll(error: unknown): error is AwsCallError {
  if (!(error instanceof AwsCallError)) return false;
  const kind = classifyAwsError(error);
  return (
    ['throttled', 'transient', 'no-connection'].includes(kind) && denialOf(error) === undefined
  );
}
