/** What is said of one way to die. `canHeal`: the same launch, unchanged, may work later. */
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
 * Every code, and what an operator is told. Codes are stable: alerts and automations match them.
 * Texts are ours; the pages are those of the Amazon ECS Developer Guide.
 */
export const diagnosisEntries = {
  'ecs.image_pull.not_found': {
    cause: 'The image does not exist.',
    advice:
      'Compare the job variable `image` with the registry: repository, tag and region. A tag that was overwritten since ECS resolved it is gone too; a tag that nobody moves, or a digest, does not have that trouble.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.image_pull.denied': {
    cause: 'The registry refused to hand out the image.',
    advice:
      'For ECR, allow the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer (and the repository, if it belongs to another account). For another private registry, set `repositoryCredentials` in the container definition. Registries also answer so when the image does not exist.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.image_pull.timeout': {
    cause: 'The registry of the image could not be reached.',
    advice:
      'The subnets need a way to the registry: a public IP in a public subnet, a NAT gateway, or VPC endpoints for ecr.api, ecr.dkr and S3. Check the security group (HTTPS out) and the name of the registry.',
    documentation: pages.connectivity,
    canHeal: true,
  },
  'ecs.image_pull.throttled': {
    cause: 'The registry limits how often images are pulled, and the limit is reached.',
    advice:
      'Pull with credentials, or keep a copy of the image in ECR (a pull-through cache does that by itself).',
    documentation: pages.pull,
    canHeal: true,
  },
  'ecs.image_pull.failed': {
    cause: 'The image could not be pulled.',
    advice:
      'Read the stopped reason: it mostly is the name of the image, the rights of the execution role, or the way from the subnets to the registry.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.no_disk_space': {
    cause: 'There was no disk space left for the image or the container.',
    advice:
      'On Fargate raise `ephemeralStorage` in the task definition; on EC2 give the instances a larger volume or clean up old images. A smaller image helps in both cases.',
    documentation: pages.pull,
    canHeal: false,
  },
  'ecs.wrong_architecture': {
    cause: 'The image was built for another CPU architecture than the task runs on.',
    advice:
      'Build the image for the architecture of the task (`docker buildx build --platform linux/amd64,linux/arm64`), or set `runtimePlatform.cpuArchitecture` of the task definition to that of the image.',
    documentation: pages.arm,
    canHeal: false,
  },
  'ecs.secret.not_found': {
    cause:
      'A secret that the task definition names does not exist, or lacks the key that is asked for.',
    advice:
      'Compare each `valueFrom` with Secrets Manager or Parameter Store: full ARN, region, version, and the JSON key.',
    documentation: pages.secretMissing,
    canHeal: false,
  },
  'ecs.secret.denied': {
    cause: 'The execution role may not read a secret that the task definition names.',
    advice:
      'Allow the execution role secretsmanager:GetSecretValue or ssm:GetParameters on that secret, and kms:Decrypt on the key if it is encrypted with one of your own.',
    documentation: pages.secrets,
    canHeal: false,
  },
  'ecs.secret.unreachable': {
    cause: 'Secrets Manager or Parameter Store could not be reached from the task.',
    advice:
      'The subnets need a way to the service: a public IP, a NAT gateway, or a VPC endpoint for secretsmanager or ssm (and kms) whose security group lets the task in.',
    documentation: pages.connectivity,
    canHeal: true,
  },
  'ecs.secret.failed': {
    cause: 'A secret that the task definition names could not be fetched.',
    advice:
      'ECS cut its reason short. Check that the secret exists, that the execution role may read it, and that the subnets reach Secrets Manager or Parameter Store.',
    documentation: pages.initialization,
    canHeal: false,
  },
  'ecs.env_file.failed': {
    cause: 'An environment file of the task definition could not be fetched from S3.',
    advice:
      'Check that the object exists, that the execution role may read it (s3:GetObject, s3:GetBucketLocation), and that the subnets reach S3.',
    documentation: pages.environmentFiles,
    canHeal: false,
  },
  'ecs.log_driver.denied': {
    cause: 'The execution role may not write the log of the container.',
    advice:
      'Allow the execution role logs:CreateLogStream and logs:PutLogEvents, and logs:CreateLogGroup if `awslogs-create-group` is set.',
    documentation: pages.logs,
    canHeal: false,
  },
  'ecs.log_driver.not_found': {
    cause: 'The log group or log stream of the container does not exist.',
    advice:
      'Create the group of `awslogs-group` in the region of `awslogs-region`, or set `awslogs-create-group` to "true" and allow logs:CreateLogGroup.',
    documentation: pages.logs,
    canHeal: false,
  },
  'ecs.log_driver.failed': {
    cause: 'The log driver of the container could not be started.',
    advice:
      'Check the options of the log configuration, `awslogs-region` above all, and that the subnets reach CloudWatch Logs (a NAT gateway, or a VPC endpoint for logs).',
    documentation: pages.logs,
    canHeal: false,
  },
  'ecs.initialization_failed': {
    cause: 'ECS could not prepare what the task needs before its containers start.',
    advice:
      'Read the stopped reason. It mostly is a right that the execution role lacks, or a way to an AWS service that the subnets lack.',
    documentation: pages.initialization,
    canHeal: false,
  },
  'ecs.role_not_assumable': {
    cause: "ECS could not take on the task's role or its execution role.",
    advice:
      'The role must exist and trust ecs-tasks.amazonaws.com. A role that was made a moment ago is known everywhere after a minute or so.',
    documentation: pages.executionRole,
    canHeal: true,
  },
  'ecs.network.eni_timeout': {
    cause: 'The network interface of the task was not ready in time.',
    advice:
      'AWS was slow, or many tasks started at once. Run it again; if it stays so, ask AWS Support.',
    documentation: pages.failedToStart,
    canHeal: true,
  },
  'ecs.network.ip_addresses_exhausted': {
    cause: 'The subnet has no free IP address left.',
    advice:
      'Each task takes one address. Add larger subnets to the `network_configuration` of the work pool, or run fewer tasks at once.',
    documentation: pages.failedToStart,
    canHeal: true,
  },
  'ecs.network.refused': {
    cause: 'EC2 refused to make the network interface of the task.',
    advice:
      'Read the stopped reason: a tag policy, a service control policy, the quota of network interfaces, or a subnet or security group that is gone.',
    documentation: pages.failedToStart,
    canHeal: false,
  },
  'ecs.capacity.fargate': {
    cause: 'AWS has no Fargate capacity for this task at the moment.',
    advice:
      'Wait and run it again; subnets in more availability zones and smaller sizes find room sooner.',
    documentation: pages.fargateCapacity,
    canHeal: true,
  },
  'ecs.capacity.spot': {
    cause: 'AWS has no Spot capacity for this task at the moment.',
    advice:
      'Wait and run it again, add subnets in more availability zones, or give the capacity provider strategy an on-demand provider beside Spot.',
    documentation: pages.spot,
    canHeal: true,
  },
  'ecs.capacity.ec2': {
    cause: 'No container instance of the cluster has room for this task.',
    advice:
      'Add instances (or let a capacity provider with managed scaling do so), or ask for less CPU, memory, GPUs, ports or network interfaces.',
    documentation: pages.placement,
    canHeal: true,
  },
  'ecs.capacity.quota': {
    cause: 'The account runs as many tasks or vCPUs as its quota allows.',
    advice:
      'Run fewer tasks at once (`--limit`, concurrency limits), or ask for a higher quota in Service Quotas.',
    documentation: pages.quotas,
    canHeal: true,
  },
  'ecs.infrastructure_role.denied': {
    cause: 'The infrastructure role of the capacity provider may not launch instances.',
    advice:
      'Allow that role what EC2 names here: mostly iam:PassRole on the role of the instance profile (the managed policy AmazonECSInfrastructureRolePolicyForManagedInstances, and a name that begins with ecsInstanceRole).',
    documentation: pages.infrastructureRole,
    canHeal: false,
  },
  'ecs.placement_constraint': {
    cause: 'Nothing in the cluster fits what the task definition asks for.',
    advice:
      'Compare placement constraints, required attributes, launch type and capacity providers with what the cluster has.',
    documentation: pages.placement,
    canHeal: false,
  },
  'ecs.spot.interrupted': {
    cause: 'AWS took the Spot capacity back while the task ran.',
    advice:
      'Retries of the flow, or an automation on this code, run it again. What must not be interrupted belongs on on-demand capacity.',
    documentation: pages.spot,
    canHeal: true,
  },
  'ecs.host_retired': {
    cause: 'The host of the task was retired, drained or ended.',
    advice:
      'Run it again. On EC2, drain instances and wait for their tasks before they end; on Fargate, the Health Dashboard announces retirements.',
    documentation: pages.retirement,
    canHeal: true,
  },
  'ecs.out_of_memory': {
    cause: 'The container ran out of memory and was killed.',
    advice: 'Raise the job variable `memory`, or look for what uses so much.',
    documentation: pages.memory,
    canHeal: false,
  },
  'ecs.killed': {
    cause: 'The process was killed with SIGKILL.',
    advice:
      'Mostly the kernel ended it for lack of memory, without ECS noticing: raise the job variable `memory`. Or it did not end within `stopTimeout` after a SIGTERM.',
    documentation: pages.memory,
    canHeal: false,
  },
  'ecs.command_not_found': {
    cause: 'The command of the container does not exist in its image.',
    advice:
      'Install it, or mend PATH or the job variable `command`. The default command needs Prefect in the image. A command written as one text must be split into words.',
    documentation: pages.start,
    canHeal: false,
  },
  'ecs.not_executable': {
    cause: 'The command of the container is not executable.',
    advice:
      'Give the file its executable bit in the image (`RUN chmod +x`), or start it through its interpreter.',
    documentation: pages.start,
    canHeal: false,
  },
  'ecs.sigterm': {
    cause: 'The process was asked to end with SIGTERM.',
    advice:
      "After a cancellation that is all right. Otherwise CloudTrail's StopTask event says who stopped the task.",
    documentation: pages.lifecycle,
    canHeal: true,
  },
  'ecs.stopped_by_user': {
    cause: 'Somebody stopped the task.',
    advice: "CloudTrail's StopTask event says who and from where.",
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.stopped_by_service': {
    cause: 'The scheduler of an ECS service stopped the task.',
    advice:
      "Tasks of flow runs should belong to no service. Look at the service's events, and at what else started this task.",
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.start_timeout': {
    cause: 'The task did not start in time.',
    advice: 'Raise the job variable `task_start_timeout_seconds`, or mend what it waited for.',
    documentation: pages.lifecycle,
    canHeal: true,
  },
  'ecs.health_check_failed': {
    cause: 'A health check of the task failed.',
    advice:
      'Try the check by hand in the container: its command must exist in the image, and `startPeriod` must cover the start. A flow run needs no health check.',
    documentation: pages.health,
    canHeal: false,
  },
  'ecs.essential_container_exited': {
    cause: 'Another essential container ended first, and ECS stopped the task with it.',
    advice:
      "Read that container's log. If the run can do without it, set its `essential` to false.",
    documentation: pages.parameters,
    canHeal: false,
  },
  'ecs.vanished': {
    cause: 'ECS no longer knows the task, and nobody saw how it ended.',
    advice:
      'ECS forgets stopped tasks after an hour or so, and with its cluster. CloudTrail and the log of the container say more.',
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.zombie': {
    cause: 'The process ended as if all were well, but the flow run never reached an end.',
    advice:
      "Look at the end of the container's log: mostly the process lost its way to the Prefect API, or the command starts something else than the flow run. An `entryPoint` that is a shell (`sh -c`) runs the first word of the command alone: remove it from the container definition.",
    documentation: pages.stopped,
    canHeal: true,
  },
  'ecs.agent_lost': {
    cause: 'The container agent lost the task: nobody knows how its container ended.',
    advice:
      "Look at the agent's log on the container instance, and whether the instance had memory, disk and network.",
    documentation: pages.failedToStart,
    canHeal: true,
  },
  'ecs.volume_failed': {
    cause: 'A volume of the task could not be made or mounted.',
    advice:
      'For EFS check file system, access point and path, a mount target in the zone of the subnet, port 2049 in both security groups, and DNS in the VPC; for EBS the infrastructure role and the quota.',
    documentation: pages.volume,
    canHeal: false,
  },
  'ecs.bad_command': {
    cause: 'The container could not be created or started.',
    advice:
      'Read the reason: it mostly is the entry point or the command, the working directory, a device or a port. An image without an entry point needs the job variable `command`.',
    documentation: pages.start,
    canHeal: false,
  },
  'ecs.runtime_timeout': {
    cause: 'The container runtime did not answer in time.',
    advice:
      'The host was overloaded or its disk slow. Run it again; on EC2 use larger instances or faster disks.',
    documentation: pages.runtimeTimeout,
    canHeal: true,
  },
  'ecs.internal_error': {
    cause: 'ECS failed within.',
    advice: 'Run it again; if it stays so, ask AWS Support with the ARN of the task.',
    documentation: pages.internal,
    canHeal: true,
  },
  'ecs.container_exited': {
    cause: 'The process ended with an error.',
    advice: "Read the end of the container's log and the log of the flow run.",
    documentation: pages.stopped,
    canHeal: false,
  },
  'ecs.unknown': {
    cause: 'ECS gave no reason.',
    advice:
      "Look up ECS's text, the events of the task in the ECS console, and the log of the container.",
    documentation: pages.codes,
    canHeal: false,
  },
} as const satisfies Readonly<Record<`ecs.${string}`, DiagnosisEntry>>;

export type DiagnosisCode = keyof typeof diagnosisEntries;
