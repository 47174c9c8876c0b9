import { AwsCallError, classifyAwsError, isAboutClock, NoCredentialsError } from './aws-error.ts';
import { callEntries, type CallCode } from './call-codes.ts';
import { placementOf } from './capacity.ts';
import { denialOf, rightIn, type Denial } from './denial.ts';
import type { DiagnosisEntry } from './diagnosis-codes.ts';
import { TaskNotPlacedError } from './launch-error.ts';
import { policyStatement } from './policy.ts';

/** Why AWS refused a call for a run. The counterpart of `Diagnosis`, which is about a task. */
export interface CallDiagnosis extends DiagnosisEntry {
  readonly code: CallCode;
  /** A policy statement to paste. Undefined when no permission is missing. */
  readonly statement: string | undefined;
}

const explicitDeny =
  'AWS reports an explicit deny, which no Allow can override. Ask the owner of the policy that ' +
  'contains it to change it.';

/** Undefined when the error is not about an AWS call, or AWS gave no reason. */
export function diagnoseCall(thrown: unknown): CallDiagnosis | undefined {
  const error = awsErrorIn(thrown);
  const code = error === undefined ? undefined : codeOf(error);
  if (error === undefined || code === undefined) return undefined;
  const entry: DiagnosisEntry = callEntries[code];
  const isDenied = error instanceof AwsCallError && /\bexplicit deny\b/.test(error.said);
  if (isDenied) return { ...entry, code, advice: explicitDeny, statement: undefined };
  return { ...entry, code, statement: statementOf(error, code) };
}

/** One line for a state message and the run's log: code, cause, advice, documentation. */
export function callStory(thrown: unknown): string | undefined {
  const diagnosis = diagnoseCall(thrown);
  if (diagnosis === undefined) return undefined;
  const { code, cause, advice, documentation, statement } = diagnosis;
  const toPaste = statement === undefined ? '' : ` Policy statement to add: ${statement}`;
  return `[${code}] ${cause} ${advice}${toPaste} Read more: ${documentation}`;
}

type AwsError = AwsCallError | NoCredentialsError | TaskNotPlacedError;

const causesAtMost = 10;

/** Finds the AWS error behind wrappers, which keep the original as `cause`. */
function awsErrorIn(thrown: unknown): AwsError | undefined {
  let error = thrown;
  for (let depth = 0; depth < causesAtMost && error instanceof Error; depth += 1) {
    if (error instanceof AwsCallError || error instanceof NoCredentialsError) return error;
    if (error instanceof TaskNotPlacedError) return error;
    error = error.cause;
  }
  return undefined;
}

function codeOf(error: AwsError): CallCode | undefined {
  if (error instanceof TaskNotPlacedError) return codeOfFailures(error);
  if (error instanceof NoCredentialsError) return 'ecs.credentials.missing';
  const denial = denialOf(error);
  return denial === undefined ? codeOfRefusal(error) : codeOfDenial(error, denial);
}

function codeOfFailures({ failures }: TaskNotPlacedError): CallCode | undefined {
  const reasons = failures.map(({ reason }) => reason ?? '').join('; ');
  if (reasons === '') return undefined;
  switch (placementOf(failures)) {
    case 'capacity':
      return codeOfRoom(reasons);
    case 'transient':
      return 'ecs.internal_error';
    case 'hopeless':
      return 'ecs.placement_constraint';
    case 'unknown':
      return 'ecs.request.refused';
  }
}

function codeOfRoom(words: string): CallCode {
  if (/reached the limit|above your limit|provisioning capacity limit/i.test(words))
    return 'ecs.capacity.quota';
  return /capacity is unavailable|no capacity|RESOURCE:FARGATE/i.test(words)
    ? 'ecs.capacity.fargate'
    : 'ecs.capacity.ec2';
}

function codeOfDenial(error: AwsCallError, denial: Denial): CallCode {
  if (error.name === 'OptInRequired') return 'ecs.account_blocked';
  if (denial.kind === 'right')
    return denial.action === 'iam:PassRole' ? 'ecs.access.pass_role' : 'ecs.access.denied';
  if (isAboutClock(error)) return 'ecs.clock_wrong';
  if (error.name.startsWith('Expired')) return 'ecs.credentials.expired';
  return error.operation === 'AssumeRole' && /AccessDenied/.test(error.name)
    ? 'ecs.credentials.role_denied'
    : 'ecs.credentials.refused';
}

const aboutNetwork = /subnet|security group|network|\bVPC\b|public IP/i;

function codeOfRefusal(error: AwsCallError): CallCode {
  switch (classifyAwsError(error)) {
    case 'throttled':
      return 'ecs.throttled';
    case 'transient':
      return 'ecs.unavailable';
    case 'no-connection':
      return 'ecs.no_connection';
    case 'inactive-definition':
      return 'ecs.definition.not_found';
    case 'capacity':
      return codeOfRoom(error.said);
    case 'retryable-client':
      return /assume/i.test(error.said) ? 'ecs.role_not_assumable' : 'ecs.throttled';
    case 'conflict':
    case 'hopeless':
      return codeOfHopeless(error);
  }
}

function codeOfHopeless({ name, operation, said }: AwsCallError): CallCode {
  if (name === 'ClusterNotFoundException') return 'ecs.cluster.not_found';
  if (name.startsWith('Blocked')) return 'ecs.account_blocked';
  if (/failed to validate logger args/.test(said)) return 'ecs.log_driver.denied';
  if (operation === 'RegisterTaskDefinition') return 'ecs.definition.refused';
  if (/capacity provider/i.test(said)) return 'ecs.placement_constraint';
  return aboutNetwork.test(said) || /^Describe(Vpcs|Subnets)$/.test(operation)
    ? 'ecs.network.refused'
    : 'ecs.request.refused';
}

function statementOf(error: AwsError, code: CallCode): string | undefined {
  if (!(error instanceof AwsCallError)) return undefined;
  if (code === 'ecs.credentials.role_denied')
    return policyStatement(
      rightIn(error.said) ?? { action: 'sts:AssumeRole', resource: undefined },
    );
  const denial = denialOf(error);
  return denial?.kind === 'right' && code !== 'ecs.account_blocked'
    ? policyStatement(denial)
    : undefined;
}
