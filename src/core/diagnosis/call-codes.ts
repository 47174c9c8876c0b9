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
 * Codes that only a call has, beside those of tasks: what AWS refused before there was a task. As
 * stable as those.
 */
const ofCallsAlone = {
  'ecs.access.denied': {
    cause: 'The worker lacks a right that this call needs.',
    advice: 'Add it to a policy of the role or user that AWS names.',
    documentation: accessPage,
    canHeal: false,
  },
  'ecs.access.pass_role': {
    cause: 'The worker may not hand the role of the task to ECS.',
    advice: 'Allow iam:PassRole on that role to the role or user that AWS names.',
    documentation: passRolePage,
    canHeal: false,
  },
  'ecs.credentials.missing': {
    cause: 'No source of AWS credentials gave the worker any.',
    advice: 'Read what the sources answered, and mend one of them.',
    documentation: keysPage,
    canHeal: true,
  },
  'ecs.credentials.expired': {
    cause: 'The AWS credentials have expired.',
    advice: 'Renew the keys, or give the worker a role: its credentials are renewed by themselves.',
    documentation: keysPage,
    canHeal: true,
  },
  'ecs.credentials.refused': {
    cause: 'AWS does not accept the credentials.',
    advice:
      'Check that the access key exists and is active, that the secret belongs to it, and that both are of this partition.',
    documentation: keysPage,
    canHeal: false,
  },
  'ecs.credentials.role_denied': {
    cause: 'The role that the AWS credentials name cannot be assumed.',
    advice:
      'Allow sts:AssumeRole on it to the worker, and let the trust policy of the role name the worker.',
    documentation: assumeRolePage,
    canHeal: false,
  },
  'ecs.clock_wrong': {
    cause: 'The clock of this machine differs from that of AWS.',
    advice: 'Let the machine keep its time by NTP (chrony, systemd-timesyncd).',
    documentation: keysPage,
    canHeal: true,
  },
  'ecs.cluster.not_found': {
    cause: 'The cluster does not exist in this account and region, or was deleted.',
    advice:
      'Compare the job variable `cluster`, the region and the credentials with `aws ecs list-clusters`.',
    documentation: clustersPage,
    canHeal: false,
  },
  'ecs.definition.not_found': {
    cause: 'The task definition is inactive, or does not exist.',
    advice:
      'Register it again, or remove `task_definition_arn`: the worker registers its own then.',
    documentation: pages.parameters,
    canHeal: false,
  },
  'ecs.definition.refused': {
    cause: 'ECS refuses the task definition.',
    advice:
      'Mend what AWS names, in the job variables or in the base job template of the work pool.',
    documentation: pages.parameters,
    canHeal: false,
  },
  'ecs.request.refused': {
    cause: 'AWS refuses what the run asks for.',
    advice:
      'Mend what AWS names, in the job variables or in the base job template of the work pool.',
    documentation: pages.placement,
    canHeal: false,
  },
  'ecs.throttled': {
    cause: 'Calls of this kind are limited in the account and region, and the limit is reached.',
    advice: 'Look for who else calls AWS so often, or ask for a higher rate in Service Quotas.',
    documentation: throttlingPage,
    canHeal: true,
  },
  'ecs.unavailable': {
    cause: 'AWS did not answer, or answered that it is ill.',
    advice:
      'Look at the AWS Health Dashboard, and at the way from the worker to AWS (DNS, proxy, endpoints).',
    documentation: 'https://health.aws.amazon.com/health/status',
    canHeal: true,
  },
  'ecs.no_connection': {
    cause: 'No connection to AWS comes about, and waiting does not change that.',
    advice:
      'Mend what the error names: the certificate, its authority, the scheme, or the endpoint.',
    documentation: 'https://docs.aws.amazon.com/general/latest/gr/ecs-service.html',
    canHeal: true,
  },
  'ecs.account_blocked': {
    cause: 'The AWS account is blocked, or has not opted in to the service or the region.',
    advice: 'Opt in, or ask AWS Support: no setting of the worker helps.',
    documentation: 'https://docs.aws.amazon.com/awssupport/latest/user/case-management.html',
    canHeal: false,
  },
} as const satisfies Readonly<Record<`ecs.${string}`, DiagnosisEntry>>;

/** Every code that a call may have. */
export const callEntries = {
  ...ofCallsAlone,
  // The same causes as of tasks, said of a call: there is no stopped reason to read.
  'ecs.network.refused': {
    ...diagnosisEntries['ecs.network.refused'],
    cause: 'ECS cannot use the network of the run.',
    advice:
      'Compare the subnets and security groups of `network_configuration` and `vpc_id` with EC2: they must exist there, all in one VPC.',
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
    advice: 'Run it again; if it stays so, ask AWS Support.',
  },
} as const satisfies Readonly<Record<`ecs.${string}`, DiagnosisEntry>>;

export type CallCode = keyof typeof callEntries;
