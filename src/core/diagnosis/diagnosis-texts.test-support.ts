import type { DiagnosisCode } from './diagnosis-codes.ts';

/**
 * A text that ECS, its agent or the runtime below really wrote, what it means, and where it was
 * seen.
 */
export interface RealText {
  readonly code: DiagnosisCode;
  readonly stopCode?: string | undefined;
  /** Of the task. */
  readonly stoppedReason?: string;
  /** Of the container that runs Prefect. */
  readonly reason?: string;
  readonly exitCode?: number;
  /** In the container's log. */
  readonly lastLine?: string;
  readonly provider?: string;
  /**
   * A page, a thread (`owner/repository#number`) or a source file. Account numbers and names in the
   * text may be changed.
   */
  readonly source: string;
}

export const realTexts: readonly RealText[] = [
  {
    code: 'ecs.image_pull.not_found',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotPullContainerError: Error: image deathstar:9ce7d67bf402b337a75c8acf49c11881be2f16bd not found',
    source: 'aws/amazon-ecs-agent#337',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'EssentialContainerExited',
    reason: 'CannotPullContainerError: Could not reach any registry endpoint',
    source: 'aws/amazon-ecs-agent#719',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref .dkr.ecr.us-west-2.amazonaws.com/otel-collector:latest@sha256:863****9ac: unexpected status from HEAD request to https://.dkr.ecr.us-west-2.amazonaws.com/v2/otel-collector/blobs/sha256:863*****9ac: 403 Forbidden',
    source: 'aws/containers-roadmap#2493',
  },
  {
    code: 'ecs.image_pull.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: inspect image has been retried 5 time(s): httpReaderSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/amazon/aws-for-fluent-bit/manifests/sha256:330a24bcd4e0058d70e70a0bb1ff805065161ffe3aa96296f09b555...',
    source: 'aws/aws-for-fluent-bit#234',
  },
  {
    code: 'ecs.image_pull.not_found',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotPullContainerError: API error (404): repository serverless-batch not found: does not exist or no pull access',
    source: 'RafalWilinski/deploy-with-serverless#11',
  },
  {
    code: 'ecs.image_pull.not_found',
    stopCode: 'EssentialContainerExited',
    reason: 'CannotPullContainerError: API error (404)',
    source: 'aws/amazon-ecs-agent#1185',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: API error (500): Get https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request canceled while waiting for connection"',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: API error (404): repository 111122223333.dkr.ecr.us-east-1.amazonaws.com/<repo>/<image> not found',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.no_disk_space',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: write /var/lib/docker/tmp/GetImageBlob111111111: no space left on device',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.throttled',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotPullContainerError: ERROR: toomanyrequests: Too Many Requests.',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.throttled',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limits.',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: failed open: unexpected status code',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'The task cannot pull ‘image-name’ from the Amazon ECR repository ‘repository URI’. There is a connection issue between the task and Amazon ECR. Check your task network configuration.',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: pull command failed: panic: runtime error: invalid memory address or nil pointer dereference',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotPullContainerError: error pulling image configuration',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotPullContainerError: context canceled',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref',
    source: 'ECS Developer Guide, "CannotPullContainer task errors"',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "CannotPullContainerError: The task can’t pull the image. Check that the role has the permissions to pull images from the registry. Error response from daemon: pull access denied for 123123123123.dkr.ecr.us-east-1.amazonaws.com/my_image, repository does not exist or may require 'docker login': denied: User: arn:aws:sts::123123123123:assumed-role/MyBrokenRole/xyz is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:123123123123:repository/test_image because no identity-based policy allows the ecr:BatchGetImage action",
    source: 'aws/amazon-ecs-agent, agent/errormessages/error_messages_test.go',
  },
  {
    code: 'ecs.image_pull.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "CannotPullContainerError: The task can’t pull the image. Check whether the image exists. Error response from daemon: pull access denied for some/nonsense, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    source: 'aws/amazon-ecs-agent, agent/errormessages/error_messages_test.go',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullECRContainerError: The task can’t pull the image. Check your network configuration. RequestError: send request failed\ncaused by: Post "https://api.ecr.us-east-1.amazonaws.com/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    source: 'aws/amazon-ecs-agent, agent/errormessages/error_messages_test.go',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: API error (500): Get https://registry-1.docker.io/v2/library/amazonlinux/manifests/1: unauthorized: incorrect username or password',
    source: 'aws/amazon-ecs-agent, agent/errormessages/error_messages_test.go',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotPullECRContainerError: engine ecr credentials: not found',
    source: 'aws/amazon-ecs-agent, agent/engine/docker_task_engine.go',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/tryretool/backend:2.110.5: failed to do request: Head "https://registry-1.docker.io/v2/tryretool/backend/manifests/2.110.5": dial tcp 34.205.13.154:443: i/o timeout',
    source: 'ActionIQ/terraform-aws-retool-ecs-fargate#20',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ghcr.io/my-org/my-image:latest: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Amy-org%2Fmy-image%3Apull&service=ghcr.io: 401 Unauthorized',
    source: 'PrefectHQ/prefect discussion 16964',
  },
  {
    code: 'ecs.wrong_architecture',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: failed to find a descriptor for platform {linux/amd64}',
    source: 'aws/containers-roadmap#1120',
  },
  {
    code: 'ecs.wrong_architecture',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'",
    source: 'public runbook on images built on Apple silicon',
  },
  {
    code: 'ecs.wrong_architecture',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: Error response from daemon: no matching manifest for linux/amd64 in the manifest list entries',
    source: "Docker's text, docker-library/ghost#106",
  },
  {
    code: 'ecs.image_pull.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: ref pull has been retried 1 time(s): failed to unpack image on snapshotter overlayfs',
    source: 'public notes, "CannotPullContainerError & Docker Push Failure"',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: Error response from daemon: Get "https://8xxxxxxxxxx0.dkr.ecr.us-west-2.amazonaws.commmmm/v2/": dial tcp: lookup 8xxxxxxxxxx0.dkr.ecr.us-west-2.amazonaws.commmmm on 10.0.0.2:53: no such host',
    source: 'AWS workshop on ECS troubleshooting, lab 5',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullECRContainerError: RequestError: send request failed caused by: Post "https://api.ecr.us-west-2.amazonaws.com/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    source: 'AWS workshop on ECS troubleshooting, lab 3',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: ref pull has been retried 1 time(s): failed to pull and unpack image "123456789.dkr.ecr.us-east-1.amazonaws.com/myapp:latest": failed to resolve reference: unexpected status code 403 Forbidden',
    source: 'fixdevs.com, "AWS ECS Task Failed to Start"',
  },
  {
    code: 'ecs.image_pull.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: failed to register layer: devicemapper: Error running deviceResume dm_task_run failed',
    source: 'retryable reasons of a public AWS Batch client',
  },
  {
    code: 'ecs.image_pull.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'InternalError: failed to create container model: failed to normalize image reference "arn:aws:ecr:ap-northeast-1:111122223333:repository/app:stg". Launch a new task to retry.',
    source: 'public notes on an image given as ARN',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed',
    source: 'errornotes.dev, "unable to retrieve ecr registry auth"',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/abc is not authorized to perform: ecr:GetAuthorizationToken on resource: *',
    source: 'public course notes on a first ECS deployment',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. RequestError: send request failed caused by: Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 44.213.79.50:443: i/o timeout',
    source: 'ECS Developer Guide, "ResourceInitializationError"',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "https://api.ecr.me-central-1.amazonaws.com/": dial tcp 3.28.72.11:443: i/o timeout.',
    source: 'service events in public incident notes',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: : signal: killed',
    source: 'public CDK sample (serverless-ecs-image-handler), known issues',
  },
  {
    code: 'ecs.initialization_failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed',
    source:
      "cut short by platform version 1.4 (note on ECS Developer Guide, 'CannotPullContainer task errors')",
  },
  {
    code: 'ecs.secret.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): AccessDeniedException',
    source: 'fixdevs.com, "AWS ECS Task Failed to Start"',
  },
  {
    code: 'ecs.secret.unreachable',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 5 time(s): RequestCanceled: request context canceled caused by: context deadli...',
    source: 'aws-samples/serverless-jenkins-on-aws-fargate#7',
  },
  {
    code: 'ecs.secret.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time...',
    source: 'aws/copilot-cli#2095',
  },
  {
    code: 'ecs.secret.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:eu-central-1:account_id:secret:algo-dev-directus-secret20240626183203358800000004-EaPYTy from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: a87a66d9-f839-4353-b8c2-9984b1465695',
    source: 'GiamPy5/terraform-aws-directus#10',
  },
  {
    code: 'ecs.secret.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'Fetching secret data from SSM Parameter Store in ap-northeast-1: AccessDeniedException: \nUser: arn:aws:sts::111122223333:assumed-role/NewRelicECSIntegration-Ne-NewRelicECSTaskExecution/abc \nis not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:ap-northeast-1:111122223333:parameter/aws/reference/secretsmanager/NewRelicLicenseKeySecret',
    source: 'newrelic/nri-ecs#10',
  },
  {
    code: 'ecs.secret.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'Fetching secret data from AWS Secrets Manager in region us-east-1: secret arn:aws:secretsmanager:us-east-1:111122223333:secret:NewRelicLicenseKeySecret-Dh2dLkgV8VyJ-80RAHS-fail: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/NewRelicECSIntegration/8637b461 is not authorized to perform: secretsmanager:GetSecretValue',
    source: "New Relic's documentation of its ECS integration",
  },
  {
    code: 'ecs.secret.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "Fetching secret data from AWS Secrets Manager in region us-east-1: secret arn:aws:secretsmanager:us-east-1:111122223333:secret:x: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    source: 'ECS Developer Guide, "ResourceNotFoundException errors"',
  },
  {
    code: 'ecs.secret.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "The task can't retrieve the secret with ARN 'arn:aws:secretsmanager:us-east-1:111122223333:secret:x' from AWS Secrets Manager. Check whether the secret exists in the specified Region.",
    source: 'ECS Developer Guide, "ResourceNotFoundException errors"',
  },
  {
    code: 'ecs.secret.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'Fetching secret data from SSM Parameter Store in us-west-2: invalid parameters: /PLMSecretParameter',
    source: 'AWS workshop on ECS troubleshooting, lab 4',
  },
  {
    code: 'ecs.secret.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key password',
    source: 'test data of a public .NET client of ECS',
  },
  {
    code: 'ecs.secret.unreachable',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-a57bd929 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded.',
    source: 'service events in public incident notes',
  },
  {
    code: 'ecs.env_file.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): operation error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden.',
    source: 'service events in public incident notes',
  },
  {
    code: 'ecs.env_file.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to download env files: file download command: non-empty error stream: RequestCanceled: request context cancelled caused by: context deadline exceeded',
    source: 'aws/aws-cdk#12720',
  },
  {
    code: 'ecs.secret.unreachable',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:dev/portal from secrets manager',
    source: 'public notes on a portal that did not start',
  },
  {
    code: 'ecs.image_pull.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s)',
    source: 'AWS re:Post, question QUTTXzLlU_T72po4QROT1c2w, cut short',
  },
  {
    code: 'ecs.image_pull.timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: The task cannot pull 111122223333.dkr.ecr.ap-southeast-1.amazonaws.com/notifyservice:latest from the registry 111122223333.dkr.ecr.ap-southeast-1.amazonaws.com/notifyservice:latest. There is a connection issue between the task and the registry. Check your task network configuration.',
    source: 'public post on VPC endpoints in Terraform',
  },
  {
    code: 'ecs.image_pull.denied',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::XXX:assumed-role/ecs-test-ecs-taskexecution-role/304803f7-b6e4-44ac-b5a4-799e88c1994f is not authorized to perform: ecr:GetAuthorizationToken on resource: *',
    source: 'public post on ECS troubleshooting',
  },
  {
    code: 'ecs.image_pull.not_found',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotPullContainerError: invalid reference format',
    source: 'public plan of an ECS provisioner, pitfalls',
  },
  {
    code: 'ecs.internal_error',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Timeout waiting for EphemeralStorage provisioning to complete.',
    source: 'dagster-io/dagster, dagster_aws/ecs/launcher.py',
  },
  {
    code: 'ecs.log_driver.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: User: arn:aws:sts::zzzzzzzzzzzz:assumed-role/ecs.task.minecraft-server/123456a999ee4b919...',
    source: 'doctorray117/minecraft-ondemand#12',
  },
  {
    code: 'ecs.log_driver.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log group: AccessDeniedException: User: arn:aws:sts::[redacted]:assumed-role/[redacted]-ecs-task-execution-role/[redacted] is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:eu-central-1:[redacted]:log-group:[redacted]:log-stream: because no identity-based policy allows the logs:CreateLogGroup action : exit status 1',
    source: 'terraform-aws-modules/terraform-aws-ecs#313',
  },
  {
    code: 'ecs.log_driver.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: MissingEndpoint: 'Endpoint' configuration is required for this service",
    source: 'TechToSpeech/terraform-aws-serverless-static-wordpress#74',
  },
  {
    code: 'ecs.log_driver.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed',
    source: 'civiform/civiform#7648',
  },
  {
    code: 'ecs.log_driver.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'ResourceInitializationError: failed to validate logger args: : signal: killed',
    source: 'public Terraform sample with awslogs-create-group',
  },
  {
    code: 'ecs.log_driver.failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'ResourceInitializationError: failed to initialize logging driver: <reason>',
    source: 'ECS Developer Guide, "Stopped tasks error codes"',
  },
  {
    code: 'ecs.log_driver.not_found',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. status code: 400',
    source: 'Rayraegah/terraform-aws-hasura#25',
  },
  {
    code: 'ecs.log_driver.not_found',
    stopCode: 'EssentialContainerExited',
    reason:
      'API error (500): failed to initialize logging driver: ResourceNotFoundException: The specified log group does not exist.\n\tstatus code: 400, request id: 2831992f-899d-11e8-8425-99d434b6599a',
    source: 'muccg/rdrf#617',
  },
  {
    code: 'ecs.volume_failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection reset by peer : unsuccessful EFS utils command execution; code: 32',
    source: 'docker-archive/compose-cli#1490',
  },
  {
    code: 'ecs.volume_failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve "fs-00000000.efs.us-east-1.amazonaws.com" - check that your file system ID is correct.',
    source: 'aws/amazon-ecs-cli#1083',
  },
  {
    code: 'ecs.volume_failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-<some numbers>.efs.<region>.amazonaws.com:/grafana failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32",
    source: 'acp-io/terraform-grafana#4',
  },
  {
    code: 'ecs.volume_failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: mount.nfs4: mount system call failed',
    source: 'public notes on hardened security groups',
  },
  {
    code: 'ecs.volume_failed',
    stopCode: 'EssentialContainerExited',
    reason:
      "CannotCreateContainerError: Error response from daemon: create xxxxxxxxxxx: VolumeDriver.Create: mounting volume failed: Mount attempt 1/3 failed due to b'mount.nfs4: Connection reset by peer\\n', wait 1 sec before next attempt.",
    source: 'aws/efs-utils#32',
  },
  {
    code: 'ecs.volume_failed',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotCreateContainerError: failed to copy file info for /var/lib/ecs/volumes/task-claude-1: failed to chown /var/lib/ecs/volumes/task-claude-1: operation not permitted',
    source: 'public notes on EFS access points with a POSIX user',
  },
  {
    code: 'ecs.volume_failed',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotCreateVolumeError: failed to create EBS volume',
    source: 'public runbook on ECS volumes',
  },
  {
    code: 'ecs.command_not_found',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotStartContainerError: API error (500): Cannot start container 54b6caa1f3d8476a7b3538827d4d5017596d696b0877925d1d28a9de735b2433: [8] System error: exec: "node index.js -t sockets_transport -i 0": executable file not found in $PATH',
    source: 'aws/amazon-ecs-cli#78',
  },
  {
    code: 'ecs.command_not_found',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotStartContainerError: Error response from daemon: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "python": executable file not found in $PATH',
    source: 'public guide to ECS errors',
  },
  {
    code: 'ecs.command_not_found',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotStartContainerError: Error response from daemon: OCI runtime create failed: container_linux.go:348: starting container process caused "exec: \\"/bin/bash\\": stat /bin/bash: no such file or directory": unknown',
    source: "runc's text, docker/compose#6260",
  },
  {
    code: 'ecs.not_executable',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/entrypoint.sh": permission denied: unknown',
    source: "runc's text, libcontainer/standard_init_linux.go",
  },
  {
    code: 'ecs.bad_command',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotStartContainerError: Error response from daemon: error gathering device information while adding custom device "/dev/dri/renderD130": no such file or directory',
    source: 'ECS Developer Guide, "Using video transcoding on Amazon ECS"',
  },
  {
    code: 'ecs.bad_command',
    stopCode: 'EssentialContainerExited',
    reason: 'CannotStartContainerError: failed to get container status: <reason>',
    source: 'ECS Developer Guide, "CannotStartContainerError errors"',
  },
  {
    code: 'ecs.bad_command',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotStartContainerError: Error response from daemon: OCI runtime create failed: container_linux.go:370: starting container process caused: process_linux.go:459: container init caused: Running hook #0:: error running hook: exit status 1, stdout: , stderr',
    source: 'public notes on AWS Batch',
  },
  {
    code: 'ecs.bad_command',
    stopCode: 'EssentialContainerExited',
    reason: 'CannotStartContainerError: bind for 0.0.0.0:8080 failed: port is already allocated',
    source: 'fixdevs.com, "AWS ECS Task Failed to Start"',
  },
  {
    code: 'ecs.bad_command',
    stopCode: 'EssentialContainerExited',
    reason: 'CannotCreateContainerError: Error response from daemon: No command specified',
    source: "Docker's text, moby/moby, daemon/daemon.go",
  },
  {
    code: 'ecs.no_disk_space',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotCreateContainerError: API error (500): devmapper: Thin Pool has 4350 free data blocks which is less than minimum required 4454 free data blocks. Create more free space in thin pool or use dm.min_free_space option to change behavior',
    source: 'ECS Developer Guide, "CannotCreateContainerError: API error (500): devmapper"',
  },
  {
    code: 'ecs.runtime_timeout',
    stopCode: 'EssentialContainerExited',
    reason:
      'ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: <reason>',
    source: 'ECS Developer Guide, "Stopped tasks error codes"',
  },
  {
    code: 'ecs.runtime_timeout',
    stopCode: 'EssentialContainerExited',
    reason: 'DockerTimeoutError: Could not tranisition to started; timed out after waiting 8m0s',
    source: 'aws-actions/amazon-ecs-deploy-task-definition#232',
  },
  {
    code: 'ecs.runtime_timeout',
    stopCode: 'EssentialContainerExited',
    reason:
      'CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s',
    source: 'aws/amazon-ecs-agent#1440',
  },
  {
    code: 'ecs.runtime_timeout',
    stopCode: 'EssentialContainerExited',
    reason: 'DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s',
    source: 'aws/amazon-ecs-agent#1440',
  },
  {
    code: 'ecs.internal_error',
    stopCode: 'EssentialContainerExited',
    reason: 'CannotStopContainerError: failed sending SIGTERM to container: <reason>',
    source: 'ECS Developer Guide, "Stopped tasks error codes"',
  },
  {
    code: 'ecs.internal_error',
    stopCode: 'EssentialContainerExited',
    reason: 'CannotInspectContainerError: <reason>',
    source: 'ECS Developer Guide, "Stopped tasks error codes"',
  },
  {
    code: 'ecs.internal_error',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'InternalError: <reason>',
    source: 'ECS Developer Guide, "TaskFailedToStart errors"',
  },
  {
    code: 'ecs.role_not_assumable',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/ecsTaskExecutionRole' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.",
    source: 'ClientException of RunTask and of service events; see aws-error.ts',
  },
  {
    code: 'ecs.network.eni_timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Timeout waiting for network interface provisioning to complete.',
    source: 'PrefectHQ/prefect#5561',
  },
  {
    code: 'ecs.network.ip_addresses_exhausted',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-id",
    source: 'ECS Developer Guide, "TaskFailedToStart errors"',
  },
  {
    code: 'ecs.network.ip_addresses_exhausted',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "Unexpected EC2 error while attempting to Create Network Interface in subnet '': InsufficientFreeAddressesInSubnet",
    source: 'paradisec-archive/nabu#1259',
  },
  {
    code: 'ecs.network.refused',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'Unexpected EC2 error while attempting to tag the network interface: TagPolicyViolation',
    source: 'public incident notes on tag policies',
  },
  {
    code: 'ecs.network.refused',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet 'subnet-0a1b2c3d': AuthFailure",
    source: 'retryable reasons in a public ECS client',
  },
  {
    code: 'ecs.network.eni_timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: failed to configure ENI: failed to setup regular eni: netplugin failed with no error message',
    source: 'retryable reasons in a public Step Functions definition',
  },
  {
    code: 'ecs.network.eni_timeout',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Unexpected EC2 error while attempting to attach network interface to instance',
    source: 'retryable reasons in a public Step Functions definition',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Unable to attach network interface to unused device index',
    source: 'ECS Developer Guide, "TaskFailedToStart errors"',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'RESOURCE:MEMORY',
    source: 'ECS Developer Guide, "API failure reasons"',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'RESOURCE:CPU',
    source: 'ECS Developer Guide, "API failure reasons"',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'RESOURCE:ENI',
    source: 'ECS Developer Guide, "API failure reasons"',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'TaskFailedToStart: RESOURCE:GPU',
    source: 'PrefectHQ/prefect#22417',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'NO ACTIVE INSTANCES',
    source: 'aws-ecs.md B.2',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'EMPTY CAPACITY PROVIDER',
    source: 'aws-ecs.md B.2',
  },
  {
    code: 'ecs.capacity.ec2',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'No Container Instances were found in your capacity provider.',
    source: 'aws-samples/cost-effective-aws-deployment-of-comfyui#39',
  },
  {
    code: 'ecs.capacity.fargate',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    source: 'sil-org/ecs-deploy#277',
  },
  {
    code: 'ecs.capacity.spot',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    provider: 'FARGATE_SPOT',
    source: 'sil-org/ecs-deploy#277, on FARGATE_SPOT',
  },
  {
    code: 'ecs.capacity.quota',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'You’ve reached the limit on the number of vCPUs you can run concurrently',
    source: 'ECS Developer Guide, "Service event messages"',
  },
  {
    code: 'ecs.capacity.quota',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'The requested MEMORY configuration is above your limit.',
    source: 'ECS Developer Guide, "Service event messages"',
  },
  {
    code: 'ecs.placement_constraint',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'ATTRIBUTE',
    source: 'ECS Developer Guide, "API failure reasons"',
  },
  {
    code: 'ecs.placement_constraint',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'MemberOf placement constraint unsatisfied',
    source: 'aws-ecs.md B.2',
  },
  {
    code: 'ecs.placement_constraint',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'The selected task definition is not compatible with the selected compute strategy',
    source: 'ECS Developer Guide, "TaskFailedToStart errors"',
  },
  {
    code: 'ecs.agent_lost',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'AGENT',
    source: 'ECS Developer Guide, "TaskFailedToStart errors"',
  },
  {
    code: 'ecs.agent_lost',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'Timed out waiting for Amazon ECS Agent to start. Please check logs at /var/log/ecs/ecs-agent.log".',
    source: 'ECS Developer Guide, "Service event messages"',
  },
  {
    code: 'ecs.agent_lost',
    stopCode: 'EssentialContainerExited',
    reason: 'ContainerVanishedError: No container matching saved ID found',
    source: 'aws/amazon-ecs-agent, agent/engine/errors.go',
  },
  {
    code: 'ecs.spot.interrupted',
    stopCode: 'TerminationNotice',
    stoppedReason: 'Your Spot Task was interrupted.',
    source: 'ECS Developer Guide, "Fargate capacity providers"',
  },
  {
    code: 'ecs.spot.interrupted',
    stopCode: 'SpotInterruption',
    stoppedReason: 'Your Spot Task was interrupted.',
    exitCode: 137,
    source: 'aws-ecs.md B.2',
  },
  {
    code: 'ecs.host_retired',
    stopCode: 'TerminationNotice',
    stoppedReason: 'Host EC2 (instance i-03dba81187d65ce7e) terminated.',
    source: 'comment in a public Go client of ECS',
  },
  {
    code: 'ecs.host_retired',
    stopCode: 'TerminationNotice',
    stoppedReason: 'Host EC2 (instance i-06aab15feb4568492) stopped.',
    exitCode: 143,
    source: 'public incident notes',
  },
  {
    code: 'ecs.host_retired',
    stopCode: 'UserInitiated',
    stoppedReason: 'Container instance deregistration forced by user',
    source: 'ECS Developer Guide, "Checking stopped tasks for errors"',
  },
  {
    code: 'ecs.host_retired',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Task stopped during instance draining',
    exitCode: 143,
    source: 'AWS Batch User Guide, "Instance draining and task interruptions"',
  },
  {
    code: 'ecs.host_retired',
    stopCode: 'InfrastructureHealth',
    stoppedReason:
      'ECS is performing maintenance on the underlying infrastructure hosting the task',
    exitCode: 143,
    source: 'ECS User Guide for Fargate, "AWS Fargate task maintenance"',
  },
  {
    code: 'ecs.health_check_failed',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Task failed ELB health checks in (elb elb-name)',
    exitCode: 143,
    source: 'ECS Developer Guide, "Checking stopped tasks for errors"',
  },
  {
    code: 'ecs.health_check_failed',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason:
      'Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/nginx-Targe-16DD4KDLKAI7U/a6d71c9b9c18b389)',
    exitCode: 143,
    source: 'output of AWS Copilot in a public gist',
  },
  {
    code: 'ecs.health_check_failed',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Task failed container health checks',
    exitCode: 137,
    source: 'ECS Developer Guide, "Container health checks"',
  },
  {
    code: 'ecs.stopped_by_service',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/9223370545345641169)',
    exitCode: 143,
    source: 'ECS Developer Guide, "Checking stopped tasks for errors"',
  },
  {
    code: 'ecs.stopped_by_service',
    stoppedReason: 'Scaling activity initiated by deployment ecs-svc/9223370545345641169',
    exitCode: 143,
    source:
      'ECS Developer Guide, "Checking stopped tasks for errors", tasks from before stop codes',
  },
  {
    code: 'ecs.stopped_by_user',
    stopCode: 'UserInitiated',
    stoppedReason: 'Task stopped by user',
    exitCode: 143,
    source: 'aws-ecs.md B.2',
  },
  {
    code: 'ecs.stopped_by_user',
    stoppedReason: 'Task stopped by user',
    exitCode: 137,
    source: 'aws-ecs.md B.2, tasks from before stop codes',
  },
  {
    code: 'ecs.stopped_by_user',
    stopCode: 'UserInitiated',
    stoppedReason: 'Stopped by Prefect worker',
    exitCode: 0,
    source: 'worker.md 11.8',
  },
  {
    code: 'ecs.start_timeout',
    stopCode: 'UserInitiated',
    stoppedReason: 'Task did not start within 300 seconds',
    source: 'worker.md 9.3',
  },
  {
    code: 'ecs.out_of_memory',
    stopCode: 'EssentialContainerExited',
    reason: 'OutOfMemoryError: Container killed due to memory usage',
    exitCode: 137,
    source: 'aws/amazon-ecs-agent#1187',
  },
  {
    code: 'ecs.out_of_memory',
    stopCode: 'EssentialContainerExited',
    reason: 'OutOfMemoryError: Container killed due to memory usage',
    exitCode: 0,
    source: 'aws/amazon-ecs-agent#2467: a child was killed, the program ended well',
  },
  {
    code: 'ecs.killed',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    exitCode: 137,
    source: 'aws-ecs.md B.2, without the reason of the container',
  },
  {
    code: 'ecs.sigterm',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    exitCode: 143,
    source: 'aws-ecs.md B.2',
  },
  {
    code: 'ecs.not_executable',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    exitCode: 126,
    source: 'aws-samples/aws-genomics-workflows#142',
  },
  {
    code: 'ecs.container_exited',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    exitCode: 139,
    source: 'aws/amazon-ecs-agent#594',
  },
  {
    code: 'ecs.unknown',
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Task failed to start',
    source: 'aws/amazon-ecs-agent#1654',
  },
  {
    code: 'ecs.unknown',
    stopCode: 'EssentialContainerExited',
    reason: 'ImpossibleStateTransitionError: Cannot transition to RUNNING',
    source: 'aws/amazon-ecs-agent, agent/engine/errors.go',
  },
  {
    code: 'ecs.wrong_architecture',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    exitCode: 1,
    lastLine: 'standard_init_linux.go:228: exec user process caused: exec format error',
    source: 'runatlantis/atlantis#2001',
  },
  {
    code: 'ecs.wrong_architecture',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    exitCode: 255,
    lastLine: 'exec /docker-entrypoint.sh: exec format error',
    source: 'aws/copilot-cli#6095',
  },
  {
    code: 'ecs.infrastructure_role.denied',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: Unable to launch instance(s) for capacity provider jobs. UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/ecsInfrastructureRole/x is not authorized to perform: iam:PassRole',
    source: 'aws-ecs.md B.2.3',
  },
  {
    code: 'ecs.capacity.quota',
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'ResourceInitializationError: Unable to launch instance(s) for capacity provider jobs. MaxSpotInstanceCountExceeded: Max spot instance count exceeded',
    source: 'aws-ecs.md B.2.3',
  },
];
