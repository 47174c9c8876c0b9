/** The texts for one cause of death. `canHeal`: the same launch may succeed later, unchanged. */
export interface DiagnosisEntry {
  readonly cause: string;
  readonly advice: string;
  readonly documentation: string;
  readonly canHeal: boolean;
}

export const guide = (page: string): string =>
  `https://docs.aws.amazon.com/AmazonECS/latest/developerguide/${page}.html`;

export const pages = {
  pull: guide('task_cannot_pull_image'),
  connectivity: guide('verify-connectivity'),
  arm: guide('ecs-arm64'),
  secrets: guide('specifying-sensitive-data'),
  secretMissing: guide('resource-not-found-error'),
  environmentFiles: guide('use-environment-file'),
  logs: guide('using_awslogs'),
  initialization: guide('resource-initialization-error'),
  executionRole: guide('task_execution_IAM_role'),
  infrastructureRole: guide('infrastructure_IAM_role'),
  failedToStart: guide('failed-to-start-error'),
  placement: guide('api_failures_messages'),
  quotas: guide('service-quotas'),
  fargateCapacity: guide('fargate-capacity-providers'),
  spot: guide('spot-interruption-errors'),
  retirement: guide('task-maintenance'),
  memory: guide('out-of-memory'),
  start: guide('cannot-start-container'),
  lifecycle: guide('task-lifecycle-explanation'),
  health: guide('healthcheck'),
  stopped: guide('stopped-task-errors'),
  codes: guide('stopped-task-error-codes'),
  volume: guide('cannot-create-volume'),
  runtimeTimeout: guide('container-runtime-timeout-error'),
  internal: guide('internal-error'),
  parameters: guide('task_definition_parameters'),
} as const;

/**
 * Every code with its texts for operators. `cause` says what happened and why, `advice` what to do.
 * Codes are stable: alerts and automations match them. The linked pages are from the Amazon ECS
 * Developer Guide.
 */
export const diagnosisEntries = {
  'ecs.image_pull.not_found': {
    cause: 'The image could not be pulled because it does not exist in the registry.',
    advice:
      'Check the repository, tag and region in the job variable `image`. If the tag was ' +
      'overwritten after ECS resolved it, use a tag that never moves, or a digest.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.image_pull.denied': {
    cause: 'The image could not be pulled because the registry denied access.',
    advice:
      'For ECR, allow the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ' +
      'ecr:GetDownloadUrlForLayer; if the repository belongs to another account, its ' +
      'repository policy must allow the role, too. For other private registries, set ' +
      '`repositoryCredentials` in the container definition. Check the image name as well: ' +
      'some registries deny access to an image that does not exist.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.image_pull.timeout': {
    cause: 'The image could not be pulled because the registry could not be reached.',
    advice:
      'Give the subnets a route to the registry: a public IP in a public subnet, a NAT ' +
      'gateway, or VPC endpoints for ecr.api, ecr.dkr and S3. Check that the security group ' +
      'allows outbound HTTPS and that the registry name is correct.',
    documentation: pages.connectivity,
    canHeal: true,
  },
  'ecs.image_pull.throttled': {
    cause: "The image could not be pulled because the registry's pull rate limit was reached.",
    advice:
      'Pull with credentials, or copy the image to ECR (an ECR pull-through cache does this ' +
      'automatically).',
    documentation: pages.pull,
    canHeal: true,
  },
  'ecs.image_pull.failed': {
    cause: 'The image could not be pulled, for a reason that this worker does not recognize.',
    advice:
      'Read the stopped reason. Usual causes are a wrong image name, a missing permission of ' +
      'the execution role, or no route from the subnets to the registry.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.no_disk_space': {
    cause: 'The task failed because there was no disk space left for its image or container.',
    advice:
      'On Fargate, raise `ephemeralStorage` in the task definition. On EC2, give the ' +
      'instances a larger volume or delete old images. A smaller image helps on both.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.wrong_architecture': {
    cause:
      'The container could not start because its image was built for a different CPU ' +
      'architecture.',
    advice:
      "Build the image for the task's architecture (`docker buildx build --platform " +
      'linux/amd64,linux/arm64`), or set `runtimePlatform.cpuArchitecture` in the task ' +
      'definition to match the image.',
    documentation: pages.arm,
    canHeal: false,
  },
  'ecs.secret.not_found': {
    cause:
      'The task could not start because a secret in its task definition does not exist or ' +
      'lacks the requested key.',
    advice:
      'Compare each `valueFrom` with Secrets Manager or Parameter Store: full ARN, region, ' +
      'version and JSON key.',
    documentation: pages.secretMissing,
    canHeal: false,
  },
  'ecs.secret.denied': {
    cause:
      'The task could not start because its execution role may not read a secret in its task ' +
      'definition.',
    advice:
      'Allow the execution role secretsmanager:GetSecretValue or ssm:GetParameters on that ' +
      'secret. If the secret is encrypted with your own KMS key, also allow kms:Decrypt on ' +
      'that key.',
    documentation: pages.secrets,
    canHeal: false,
  },
  'ecs.secret.unreachable': {
    cause:
      'The task could not start because it could not reach Secrets Manager or Parameter ' +
      'Store.',
    advice:
      'Give the subnets a route to the service: a public IP, a NAT gateway, or a VPC endpoint ' +
      'for secretsmanager or ssm (and kms) whose security group accepts traffic from the ' +
      'task.',
    documentation: pages.connectivity,
    canHeal: true,
  },
  'ecs.secret.failed': {
    cause: 'The task could not start because a secret in its task definition could not be fetched.',
    advice:
      'ECS gave no complete reason. Check that the secret exists, that the execution role may ' +
      'read it, and that the subnets can reach Secrets Manager or Parameter Store.',
    documentation: pages.initialization,
    canHeal: false,
  },
  'ecs.env_file.failed': {
    cause:
      'The task could not start because an environment file in its task definition could not ' +
      'be fetched from S3.',
    advice:
      'Check that the object exists, that the execution role may read it (s3:GetObject, ' +
      's3:GetBucketLocation), and that the subnets can reach S3.',
    documentation: pages.environmentFiles,
    canHeal: false,
  },
  'ecs.log_driver.denied': {
    cause: "The task could not start because its execution role may not write the container's log.",
    advice:
      'Allow the execution role logs:CreateLogStream and logs:PutLogEvents. If ' +
      '`awslogs-create-group` is set, also allow logs:CreateLogGroup.',
    documentation: pages.logs,
    canHeal: false,
  },
  'ecs.log_driver.not_found': {
    cause: 'The container could not start because its log group or log stream does not exist.',
    advice:
      'Create the log group named in `awslogs-group`, in the region named in ' +
      '`awslogs-region`. Or set `awslogs-create-group` to "true" and allow the execution role ' +
      'logs:CreateLogGroup.',
    documentation: pages.logs,
    canHeal: false,
  },
  'ecs.log_driver.failed': {
    cause: 'The container could not start because its log driver failed.',
    advice:
      'Check the options of the log configuration, especially `awslogs-region`, and that the ' +
      'subnets can reach CloudWatch Logs (through a NAT gateway, or a VPC endpoint for logs).',
    documentation: pages.logs,
    canHeal: false,
  },
  'ecs.initialization_failed': {
    cause: 'The task could not start because ECS failed to prepare a resource that it needs.',
    advice:
      'Read the stopped reason. Usual causes are a missing permission of the execution role, ' +
      'or subnets without a route to an AWS service.',
    documentation: pages.initialization,
    canHeal: false,
  },
  'ecs.role_not_assumable': {
    cause: 'The task could not start because ECS could not assume its task role or execution role.',
    advice:
      'Check that the role exists and trusts ecs-tasks.amazonaws.com. A new role takes about ' +
      'a minute to become usable.',
    documentation: pages.executionRole,
    canHeal: true,
  },
  'ecs.network.eni_timeout': {
    cause: 'The task could not start because its network interface was not ready in time.',
    advice:
      'AWS was slow, or many tasks started at once. Retry the flow run; if it keeps failing, ' +
      'contact AWS Support.',
    documentation: pages.failedToStart,
    canHeal: true,
  },
  'ecs.network.ip_addresses_exhausted': {
    cause: 'The task could not start because its subnet has no free IP addresses.',
    advice:
      "Each task uses one address. Add larger subnets to the work pool's " +
      '`network_configuration`, or run fewer tasks at once.',
    documentation: pages.failedToStart,
    canHeal: true,
  },
  'ecs.network.refused': {
    cause: 'The task could not start because EC2 refused to create its network interface.',
    advice:
      'Read the stopped reason. Usual causes are a tag policy, a service control policy, the ' +
      'network interface quota, or a deleted subnet or security group.',
    documentation: pages.failedToStart,
    canHeal: false,
  },
  'ecs.capacity.fargate': {
    cause: 'The task could not start because AWS currently has no Fargate capacity for it.',
    advice:
      'Retry the flow run later. Subnets in more Availability Zones and smaller task sizes ' +
      'find capacity sooner.',
    documentation: pages.fargateCapacity,
    canHeal: true,
  },
  'ecs.capacity.spot': {
    cause: 'The task could not start because AWS currently has no Spot capacity for it.',
    advice:
      'Retry the flow run later, add subnets in more Availability Zones, or add an on-demand ' +
      'provider to the capacity provider strategy.',
    documentation: pages.spot,
    canHeal: true,
  },
  'ecs.capacity.ec2': {
    cause: 'The task could not start because no container instance in the cluster has room for it.',
    advice:
      'Add instances (a capacity provider with managed scaling does this automatically), or ' +
      'request less CPU, memory, GPUs, ports or network interfaces.',
    documentation: pages.placement,
    canHeal: true,
  },
  'ecs.capacity.quota': {
    cause:
      'The task could not start because the account reached its quota of running tasks or ' +
      'vCPUs.',
    advice:
      'Run fewer tasks at once (`--limit`, concurrency limits), or request a higher quota in ' +
      'Service Quotas.',
    documentation: pages.quotas,
    canHeal: true,
  },
  'ecs.infrastructure_role.denied': {
    cause:
      "The task could not start because the capacity provider's infrastructure role may not " +
      'launch instances.',
    advice:
      'Allow that role the action that EC2 names, usually iam:PassRole on the role of the ' +
      'instance profile. The managed policy ' +
      'AmazonECSInfrastructureRolePolicyForManagedInstances allows it only if the name begins ' +
      'with ecsInstanceRole.',
    documentation: pages.infrastructureRole,
    canHeal: false,
  },
  'ecs.placement_constraint': {
    cause: 'The task could not start because nothing in the cluster meets its requirements.',
    advice:
      "Compare the task's placement constraints, required attributes, launch type and " +
      'capacity providers with what the cluster has.',
    documentation: pages.placement,
    canHeal: false,
  },
  'ecs.spot.interrupted': {
    cause: 'The task was stopped because AWS reclaimed its Spot capacity.',
    advice:
      'Retries of the flow, or an automation on this code, can run it again. Use on-demand ' +
      'capacity for work that must not be interrupted.',
    documentation: pages.spot,
    canHeal: true,
  },
  'ecs.host_retired': {
    cause: 'The task was stopped because its host was retired, drained or terminated.',
    advice:
      'Retry the flow run. On EC2, drain instances and wait for their tasks before you ' +
      'terminate them; on Fargate, the AWS Health Dashboard announces retirements.',
    documentation: pages.retirement,
    canHeal: true,
  },
  'ecs.out_of_memory': {
    cause: 'The container was killed because it ran out of memory.',
    advice: 'Raise the job variable `memory`, or find out what uses so much.',
    documentation: pages.memory,
    canHeal: false,
  },
  'ecs.killed': {
    cause: 'The process was killed with SIGKILL, and ECS gave no reason.',
    advice:
      'Usually the kernel killed it for lack of memory and ECS did not notice: raise the job ' +
      'variable `memory`. Otherwise, it did not exit within `stopTimeout` after a SIGTERM.',
    documentation: pages.memory,
    canHeal: false,
  },
  'ecs.command_not_found': {
    cause: 'The container failed because its command does not exist in the image.',
    advice:
      'Install the command, or fix PATH or the job variable `command`. The default command ' +
      'needs Prefect in the image. A command written as one string must be split into words.',
    documentation: pages.start,
    canHeal: false,
  },
  'ecs.not_executable': {
    cause: 'The container failed because its command is not executable.',
    advice:
      'Make the file executable in the image (`RUN chmod +x`), or run it through its ' +
      'interpreter.',
    documentation: pages.start,
    canHeal: false,
  },
  'ecs.sigterm': {
    cause: 'The process exited because it received SIGTERM.',
    advice:
      'This is expected after a cancellation. Otherwise, the StopTask event in CloudTrail ' +
      'shows who stopped the task.',
    documentation: pages.lifecycle,
    canHeal: true,
  },
  'ecs.stopped_by_user': {
    cause: 'The task was stopped with StopTask.',
    advice: 'The StopTask event in CloudTrail shows who stopped it and from where.',
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.stopped_by_service': {
    cause: 'The scheduler of an ECS service stopped the task.',
    advice:
      "Flow run tasks should not belong to a service. Check the service's events, and what " +
      'else started this task.',
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.start_timeout': {
    cause: 'The task was stopped because it did not start in time.',
    advice: 'Raise the job variable `task_start_timeout_seconds`, or fix what delayed the start.',
    documentation: pages.lifecycle,
    canHeal: true,
  },
  'ecs.health_check_failed': {
    cause: 'The task was stopped because a health check failed.',
    advice:
      'Run the check by hand in the container: its command must exist in the image, and ' +
      '`startPeriod` must cover the start. A flow run needs no health check.',
    documentation: pages.health,
    canHeal: false,
  },
  'ecs.essential_container_exited': {
    cause: 'Another essential container exited first, so ECS stopped the whole task.',
    advice:
      "Read that container's log. If the flow can run without it, set its `essential` to " +
      'false.',
    documentation: pages.parameters,
    canHeal: false,
  },
  'ecs.vanished': {
    cause: 'ECS no longer knows the task, so how it ended is unknown.',
    advice:
      'ECS forgets a stopped task after about an hour, or when its cluster is deleted. Check ' +
      "CloudTrail and the container's log.",
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.zombie': {
    cause: 'The process exited without an error, but the flow run never reached a final state.',
    advice:
      "Read the end of the container's log. Usually the process lost its connection to the " +
      'Prefect API, or the command does not start the flow run. With a shell as `entryPoint` ' +
      '(`sh -c`), only the first word of the command runs: remove `entryPoint` from the ' +
      'container definition.',
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.agent_lost': {
    cause: 'The container agent lost the task, so how its container ended is unknown.',
    advice:
      "Check the agent's log on the container instance, and whether the instance ran out of " +
      'memory, disk or network.',
    documentation: pages.failedToStart,
    canHeal: true,
  },
  'ecs.volume_failed': {
    cause: 'The task could not start because a volume could not be created or mounted.',
    advice:
      "For EFS, check the file system, access point and path, a mount target in the subnet's " +
      'Availability Zone, port 2049 in both security groups, and DNS in the VPC. For EBS, ' +
      'check the infrastructure role and the quota.',
    documentation: pages.volume,
    canHeal: false,
  },
  'ecs.bad_command': {
    cause: 'The container runtime could not create or start the container.',
    advice:
      'Read the reason. Usual causes are the entry point or command, the working directory, a ' +
      'device or a port. An image without an entry point needs the job variable `command`.',
    documentation: pages.start,
    canHeal: false,
  },
  'ecs.runtime_timeout': {
    cause: 'The container failed because the container runtime did not respond in time.',
    advice:
      'The host was overloaded or its disk was slow. Retry the flow run; on EC2, use larger ' +
      'instances or faster disks.',
    documentation: pages.runtimeTimeout,
    canHeal: true,
  },
  'ecs.internal_error': {
    cause: 'The task failed because of an internal ECS error.',
    advice: 'Retry the flow run; if it keeps failing, contact AWS Support with the task ARN.',
    documentation: pages.internal,
    canHeal: true,
  },
  'ecs.container_exited': {
    cause: 'The process exited with an error.',
    advice: "Read the end of the container's log and the flow run's log.",
    documentation: pages.stopped,
    canHeal: false,
  },
  'ecs.unknown': {
    cause: 'The task stopped, and ECS gave no reason.',
    advice: "Check the task's events in the ECS console and the container's log.",
    documentation: pages.codes,
    canHeal: false,
  },
} as const satisfies Readonly<Record<`ecs.${string}`, DiagnosisEntry>>;

export type DiagnosisCode = keyof typeof diagnosisEntries;
