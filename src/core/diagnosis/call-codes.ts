import { diagnosisEntries, guide, pages, type DiagnosisEntry } from './diagnosis-codes.ts';

const passRolePage = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html';
const assumeRolePage = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html';
const keysPage = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-keys.html';
const throttlingPage =
  'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html';
const accessPage = guide('security_iam_troubleshoot');
const clustersPage = guide('clusters');
const networkPage = guide('task-networking');

/**
 * Codes for calls that AWS refused before a task existed. As stable as the codes of tasks: alerts
 * match them.
 */
const ofCallsAlone = {
  'ecs.access.denied': {
    cause: 'AWS refused the call because the worker lacks a permission.',
    advice: 'Add the permission to a policy of the role or user that AWS names.',
    documentation: accessPage,
    canHeal: false,
  },
  'ecs.access.pass_role': {
    cause: "AWS refused the call because the worker may not pass the task's role to ECS.",
    advice: "Allow the role or user that AWS names iam:PassRole on the task's role.",
    documentation: passRolePage,
    canHeal: false,
  },
  'ecs.credentials.missing': {
    cause: 'The worker has no AWS credentials because every configured source failed.',
    advice: 'Read what each source answered, and fix one of them.',
    documentation: keysPage,
    canHeal: true,
  },
  'ecs.credentials.expired': {
    cause: 'AWS refused the call because the AWS credentials have expired.',
    advice: 'Renew the keys, or give the worker a role, whose credentials renew automatically.',
    documentation: keysPage,
    canHeal: true,
  },
  'ecs.credentials.refused': {
    cause: 'AWS refused the call because it does not accept the AWS credentials.',
    advice:
      'Check that the access key exists and is active, that the secret key belongs to it, and ' +
      'that both belong to this AWS partition.',
    documentation: keysPage,
    canHeal: false,
  },
  'ecs.credentials.role_denied': {
    cause: 'The role that the AWS credentials name could not be assumed.',
    advice:
      "Allow the worker sts:AssumeRole on that role, and name the worker in the role's trust " +
      'policy.',
    documentation: assumeRolePage,
    canHeal: false,
  },
  'ecs.clock_wrong': {
    cause: "AWS refused the call because this machine's clock is wrong.",
    advice: 'Synchronize the clock by NTP (chrony, systemd-timesyncd).',
    documentation: keysPage,
    canHeal: true,
  },
  'ecs.cluster.not_found': {
    cause: 'The cluster does not exist in this account and region, or was deleted.',
    advice:
      'Compare the job variable `cluster`, the region and the credentials with the output of ' +
      '`aws ecs list-clusters`.',
    documentation: clustersPage,
    canHeal: false,
  },
  'ecs.definition.not_found': {
    cause: 'The task definition is inactive or does not exist.',
    advice:
      'Register it again, or remove `task_definition_arn` so that the worker registers its ' +
      'own.',
    documentation: pages.parameters,
    canHeal: false,
  },
  'ecs.definition.refused': {
    cause: 'ECS rejected the task definition.',
    advice: "Fix what AWS names in the job variables or in the work pool's base job template.",
    documentation: pages.parameters,
    canHeal: false,
  },
  'ecs.request.refused': {
    cause: 'AWS rejected the request for this run.',
    advice: "Fix what AWS names in the job variables or in the work pool's base job template.",
    documentation: pages.placement,
    canHeal: false,
  },
  'ecs.throttled': {
    cause: 'AWS throttled the call because the account reached its rate limit in this region.',
    advice: 'Find out what else calls AWS so often, or request a higher rate in Service Quotas.',
    documentation: throttlingPage,
    canHeal: true,
  },
  'ecs.unavailable': {
    cause: 'AWS did not answer, or answered with a server error.',
    advice:
      "Check the AWS Health Dashboard, and the worker's network path to AWS (DNS, proxy, " +
      'endpoints).',
    documentation: 'https://health.aws.amazon.com/health/status',
    canHeal: true,
  },
  'ecs.no_connection': {
    cause: 'The worker cannot connect to AWS, and waiting will not help.',
    advice: 'Fix what the error names: the certificate, its authority, the scheme or the endpoint.',
    documentation: 'https://docs.aws.amazon.com/general/latest/gr/ecs-service.html',
    canHeal: true,
  },
  'ecs.account_blocked': {
    cause: 'The AWS account is blocked, or has not opted in to the service or the region.',
    advice: 'Opt in, or contact AWS Support. No worker setting can fix this.',
    documentation: 'https://docs.aws.amazon.com/awssupport/latest/user/case-management.html',
    canHeal: false,
  },
} as const satisfies Readonly<Record<`ecs.${string}`, DiagnosisEntry>>;

/** All codes that a refused call can have. */
export const callEntries = {
  ...ofCallsAlone,
  // Same codes as for tasks, other texts: a refused call has no stopped reason to read.
  'ecs.network.refused': {
    ...diagnosisEntries['ecs.network.refused'],
    cause: "ECS cannot use the run's network configuration.",
    advice:
      'Check that the subnets and security groups in `network_configuration` and `vpc_id` exist ' +
      'in EC2 and belong to one VPC.',
    documentation: networkPage,
  },
  'ecs.placement_constraint': diagnosisEntries['ecs.placement_constraint'],
  'ecs.role_not_assumable': diagnosisEntries['ecs.role_not_assumable'],
  'ecs.log_driver.denied': diagnosisEntries['ecs.log_driver.denied'],
  'ecs.capacity.fargate': diagnosisEntries['ecs.capacity.fargate'],
  'ecs.capacity.ec2': diagnosisEntries['ecs.capacity.ec2'],
  'ecs.capacity.quota': diagnosisEntries['ecs.capacity.quota'],
  'ecs.internal_error': {
    ...diagnosisEntries['ecs.internal_error'],
    cause: 'AWS could not handle the call because of an internal ECS error.',
    advice: 'Retry the flow run; if it keeps failing, contact AWS Support.',
  },
} as const satisfies Readonly<Record<`ecs.${string}`, DiagnosisEntry>>;

export type CallCode = keyof typeof callEntries;
