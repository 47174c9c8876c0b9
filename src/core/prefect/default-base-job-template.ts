import type { JsonObject } from '../../kernel/json.ts';

/** What the UI's form shows for a pool, in its order (worker.md 1.2). */
const properties: JsonObject = {
  name: {
    title: 'Name',
    description: 'Name for the infrastructure this worker creates.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  env: {
    title: 'Environment Variables',
    description:
      'Environment variables for the run. Set on the Prefect container when the task starts; never written into the task definition.',
    type: 'object',
    additionalProperties: {
      anyOf: [
        {
          type: 'string',
        },
        {
          type: 'null',
        },
      ],
    },
  },
  labels: {
    title: 'Labels',
    description:
      'Labels for the infrastructure that this worker creates. They become [tags of the ECS ' +
      'task](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html): at ' +
      'most 50 with those of the worker, keys of up to 128 and values of up to 256 characters; ' +
      'what AWS refuses in them becomes a dash.',
    type: 'object',
    additionalProperties: {
      type: 'string',
    },
  },
  command: {
    title: 'Command',
    description:
      'Command that starts the flow run. Normally left empty so the worker generates it.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  task_definition_arn: {
    title: 'Task Definition ARN',
    description:
      'An existing task definition to run, by ARN, or by family for its newest active revision. ' +
      'When set, the task definition in the job configuration is ignored, and so is every option ' +
      'that would change it.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  aws_credentials: {
    title: 'AWS Credentials',
    description:
      "Credentials used to talk to ECS. When empty they are inferred from the worker's own environment, as the AWS SDK does.",
    $ref: '#/definitions/AwsCredentials',
  },
  cluster: {
    title: 'Cluster',
    description:
      "ECS cluster to run in, by name or ARN. Empty means the account's [default " +
      'cluster](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/clusters.html).',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  family: {
    title: 'Family',
    description:
      'Task definition family. Empty means: taken from the task definition, else generated as ' +
      '`prefect_<work_pool_name>_<deployment_id>`. Reduced to the characters that AWS allows: ' +
      'letters, digits, hyphens and underscores, at most 255.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  launch_type: {
    title: 'Launch Type',
    description:
      '[Where the task ' +
      'runs](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_types.html): ' +
      'FARGATE (the default), EC2 or EXTERNAL. FARGATE_SPOT is no launch type of ECS: the worker ' +
      'sends the capacity provider strategy that means it.',
    default: 'FARGATE',
    enum: ['FARGATE', 'EC2', 'EXTERNAL', 'FARGATE_SPOT'],
    type: 'string',
  },
  capacity_provider_strategy: {
    title: 'Capacity Provider Strategy',
    description:
      '[Capacity provider ' +
      'strategy](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-capacity-providers.html) ' +
      'for the task. When set, the launch type is not sent.',
    type: 'array',
    items: {
      $ref: '#/definitions/CapacityProvider',
    },
  },
  image: {
    title: 'Image',
    description:
      "Image of the Prefect container. Overrides the task definition's. Empty means the image " +
      "that the task definition names; without one, the worker's default: the Prefect release " +
      "that the deployment's label `prefect.version` tells, else `prefecthq/prefect:3-latest`.",
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  cpu: {
    title: 'CPU',
    description:
      'CPU units for the task: 1024 is one vCPU. On Fargate 256, 512, 1024, 2048, 4096, 8192 or ' +
      '16384, each with [amounts of ' +
      'memory](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size) ' +
      'that go with it. Defaults to 1024 unless the task definition has a value.',
    default: null,
    anyOf: [
      {
        type: 'integer',
      },
      {
        type: 'null',
      },
    ],
  },
  memory: {
    title: 'Memory',
    description:
      'Memory for the task in MiB. On Fargate it [must go with the ' +
      'CPU](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size): ' +
      '1024 units take 2048 to 8192 MiB in steps of 1024. Defaults to 2048 unless the task ' +
      'definition has a value.',
    default: null,
    anyOf: [
      {
        type: 'integer',
      },
      {
        type: 'null',
      },
    ],
  },
  container_name: {
    title: 'Container Name',
    description:
      'Container in which the flow run is orchestrated. Empty means the one named `prefect`; when ' +
      'no such container exists, the first one.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  prefect_api_key_secret_arn: {
    title: 'Prefect API Key Secret ARN',
    description:
      'ARN of a [secret of ' +
      'AWS](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html) ' +
      'that holds a Prefect API key for the task; the execution role must be allowed to read it. ' +
      "When empty, the worker's own PREFECT_API_KEY is passed as plain environment.",
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  prefect_api_auth_string_secret_arn: {
    title: 'Prefect API Auth String Secret ARN',
    description:
      'ARN of a [secret of ' +
      'AWS](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html) ' +
      'that holds a Prefect API auth string for the task; the execution role must be allowed to ' +
      "read it. When empty, the worker's own PREFECT_API_AUTH_STRING is passed as plain " +
      'environment.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  task_role_arn: {
    title: 'Task Role ARN',
    description:
      '[IAM role of the running ' +
      'task](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html): ' +
      "what the flow's own code may do in AWS. Empty means the task definition's, if it has one.",
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  execution_role_arn: {
    title: 'Execution Role ARN',
    description:
      '[IAM role that launches the ' +
      'task](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html): ' +
      "it pulls images, reads secrets and writes logs. Overrides the task definition's. Needed to " +
      "capture the container's output.",
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  vpc_id: {
    title: 'VPC ID',
    description:
      'VPC to run in; only used with the [awsvpc network ' +
      'mode](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking.html), ' +
      'which Fargate always has; EC2 defaults to bridge. Empty means the default VPC; without one ' +
      'the run fails.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  configure_cloudwatch_logs: {
    title: 'Configure Cloudwatch Logs',
    description:
      "Send the Prefect container's output to CloudWatch Logs, into the log group `prefect`. " +
      'Needs an execution role with logs:CreateLogStream, logs:CreateLogGroup and ' +
      'logs:PutLogEvents. Defaults to the value of stream_output.',
    default: null,
    anyOf: [
      {
        type: 'boolean',
      },
      {
        type: 'null',
      },
    ],
  },
  cloudwatch_logs_options: {
    title: 'Cloudwatch Logs Options',
    description:
      'With configure_cloudwatch_logs: extra or overriding options of the awslogs driver. See the ' +
      '[AWS ' +
      'documentation](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html#create_awslogs_logdriver_options) ' +
      'for those that there are.',
    type: 'object',
    additionalProperties: {
      type: 'string',
    },
  },
  cloudwatch_logs_prefix: {
    title: 'Cloudwatch Logs Prefix',
    description:
      'With configure_cloudwatch_logs: log stream prefix. Default prefect-logs_<work_pool_name>_<deployment_id>. An awslogs-stream-prefix in the options wins.',
    default: null,
    anyOf: [
      {
        type: 'string',
      },
      {
        type: 'null',
      },
    ],
  },
  network_configuration: {
    title: 'Network Configuration',
    description:
      'Custom awsvpcConfiguration (subnets, securityGroups, assignPublicIp) used instead of the ' +
      'inferred one. Requires vpc_id. See the [AWS ' +
      'documentation](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ecs-service-awsvpcconfiguration.html) ' +
      'for what it may hold.',
    type: 'object',
    additionalProperties: true,
  },
  stream_output: {
    title: 'Stream Output',
    description:
      "Show what the Prefect container writes in the worker's own output, as it comes. Same " +
      'prerequisites as configure_cloudwatch_logs unless the task definition already logs to ' +
      'CloudWatch. Defaults to false.',
    default: null,
    anyOf: [
      {
        type: 'boolean',
      },
      {
        type: 'null',
      },
    ],
  },
  task_start_timeout_seconds: {
    title: 'Task Start Timeout Seconds',
    description:
      'Seconds that the task may take to reach RUNNING before it is stopped and the run is marked ' +
      'as failed to start. 0 or less: it may take for ever.',
    default: 300,
    type: 'integer',
  },
  task_watch_poll_interval: {
    title: 'Task Watch Poll Interval',
    description:
      'Seconds that a change of the task may go unnoticed; the worker looks at up to 100 tasks ' +
      'with one call. 0 or less means 5.',
    default: 5.0,
    type: 'number',
  },
  auto_deregister_task_definition: {
    title: 'Auto Deregister Task Definition',
    description:
      'Deregister task definitions that this worker registered once the task ends: they become ' +
      'INACTIVE and stay in your account. Definitions linked by ARN are never deregistered.',
    default: false,
    type: 'boolean',
  },
  match_latest_revision_in_family: {
    title: 'Match Latest Revision In Family',
    description:
      'Always so with this worker, whatever is chosen here: before registering, the newest active revision of the family is compared and reused when equal. The setting is kept for the Python worker; here it only raises a failed look-up to a warning.',
    default: false,
    type: 'boolean',
  },
};

/**
 * Blocks and objects that the properties refer to. Titles equal their keys: the server replaces
 * them by title.
 */
const definitions: JsonObject = {
  AwsCredentials: {
    title: 'AwsCredentials',
    description: "AWS authentication for the worker's API calls.",
    type: 'object',
    properties: {
      aws_access_key_id: {
        title: 'AWS Access Key ID',
        description: 'Access key ID.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      aws_secret_access_key: {
        title: 'AWS Access Key Secret',
        description: 'Secret access key.',
        default: null,
        anyOf: [
          {
            format: 'password',
            type: 'string',
            writeOnly: true,
          },
          {
            type: 'null',
          },
        ],
      },
      aws_session_token: {
        title: 'AWS Session Token',
        description: 'Session token; only for temporary credentials.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      profile_name: {
        title: 'Profile Name',
        description: 'Named profile for the session.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      region_name: {
        title: 'Region Name',
        description: 'Region for the clients.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      aws_client_parameters: {
        title: 'AWS Client Parameters',
        description: 'Extra client parameters.',
        $ref: '#/definitions/AwsClientParameters',
      },
      assume_role_arn: {
        title: 'Assume Role ARN',
        description: 'IAM role to assume.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      assume_role_kwargs: {
        title: 'Assume Role Parameters',
        description: 'Extra AssumeRole parameters.',
        $ref: '#/definitions/AssumeRoleParameters',
      },
    },
    block_type_slug: 'aws-credentials',
    block_schema_references: {},
    secret_fields: ['aws_secret_access_key'],
  },
  AwsClientParameters: {
    title: 'AwsClientParameters',
    description: 'Extra parameters for the AWS clients.',
    type: 'object',
    properties: {
      api_version: {
        title: 'API Version',
        description: 'API version to use.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      use_ssl: {
        title: 'Use SSL',
        description: 'Use TLS.',
        default: true,
        type: 'boolean',
      },
      verify: {
        title: 'Verify',
        description: 'Verify TLS certificates.',
        default: null,
        anyOf: [
          {
            type: 'boolean',
          },
          {
            format: 'file-path',
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      verify_cert_path: {
        title: 'Certificate Authority Bundle File Path',
        description: 'CA bundle file to trust.',
        default: null,
        anyOf: [
          {
            format: 'file-path',
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      endpoint_url: {
        title: 'Endpoint URL',
        description: "Full endpoint URL, overriding the service's own.",
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      config: {
        title: 'Botocore Config',
        description: 'Advanced client configuration (botocore option names).',
        default: null,
        anyOf: [
          {
            additionalProperties: true,
            type: 'object',
          },
          {
            type: 'null',
          },
        ],
      },
    },
  },
  AssumeRoleParameters: {
    title: 'AssumeRoleParameters',
    description: 'Extra parameters for the STS AssumeRole call.',
    type: 'object',
    properties: {
      RoleSessionName: {
        title: 'Role Session Name',
        description: 'Session name; generated when empty.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      DurationSeconds: {
        title: 'Duration Seconds',
        description: 'Session length, 900 to 43200 seconds.',
        default: null,
        anyOf: [
          {
            type: 'integer',
          },
          {
            type: 'null',
          },
        ],
      },
      Policy: {
        title: 'Policy',
        description: 'Inline session policy (JSON text).',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      PolicyArns: {
        title: 'Policy ARNs',
        description: "Managed session policies; items have an 'arn' key.",
        default: null,
        anyOf: [
          {
            items: {
              additionalProperties: {
                type: 'string',
              },
              type: 'object',
            },
            type: 'array',
          },
          {
            type: 'null',
          },
        ],
      },
      Tags: {
        title: 'Tags',
        description: "Session tags; items have 'Key' and 'Value'.",
        default: null,
        anyOf: [
          {
            items: {
              additionalProperties: {
                type: 'string',
              },
              type: 'object',
            },
            type: 'array',
          },
          {
            type: 'null',
          },
        ],
      },
      TransitiveTagKeys: {
        title: 'Transitive Tag Keys',
        description: 'Session tag keys that persist through role chaining.',
        default: null,
        anyOf: [
          {
            items: {
              type: 'string',
            },
            type: 'array',
          },
          {
            type: 'null',
          },
        ],
      },
      ExternalId: {
        title: 'External ID',
        description: 'External ID required by the role.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      SerialNumber: {
        title: 'Serial Number',
        description: 'MFA device serial number or ARN.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      TokenCode: {
        title: 'Token Code',
        description: 'MFA code.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      SourceIdentity: {
        title: 'Source Identity',
        description: 'Source identity.',
        default: null,
        anyOf: [
          {
            type: 'string',
          },
          {
            type: 'null',
          },
        ],
      },
      ProvidedContexts: {
        title: 'Provided Contexts',
        description: "Context items with 'ProviderArn' and 'ContextAssertion'.",
        default: null,
        anyOf: [
          {
            items: {
              additionalProperties: {
                type: 'string',
              },
              type: 'object',
            },
            type: 'array',
          },
          {
            type: 'null',
          },
        ],
      },
    },
  },
  CapacityProvider: {
    title: 'CapacityProvider',
    description: 'One entry of a capacity provider strategy.',
    type: 'object',
    properties: {
      capacityProvider: {
        title: 'Capacityprovider',
        type: 'string',
      },
      weight: {
        title: 'Weight',
        type: 'integer',
      },
      base: {
        title: 'Base',
        type: 'integer',
      },
    },
    required: ['capacityProvider', 'weight', 'base'],
  },
};

/** Where the variables go: the job that a run of this pool becomes. */
const jobConfiguration: JsonObject = {
  command: '{{ command }}',
  env: '{{ env }}',
  labels: '{{ labels }}',
  name: '{{ name }}',
  aws_credentials: '{{ aws_credentials }}',
  task_definition: {
    containerDefinitions: [
      {
        image: '{{ image }}',
        name: '{{ container_name }}',
      },
    ],
    cpu: '{{ cpu }}',
    family: '{{ family }}',
    memory: '{{ memory }}',
    executionRoleArn: '{{ execution_role_arn }}',
  },
  task_run_request: {
    launchType: '{{ launch_type }}',
    cluster: '{{ cluster }}',
    overrides: {
      containerOverrides: [
        {
          name: '{{ container_name }}',
          command: '{{ command }}',
          environment: '{{ env }}',
          cpu: '{{ cpu }}',
          memory: '{{ memory }}',
        },
      ],
      cpu: '{{ cpu }}',
      memory: '{{ memory }}',
      taskRoleArn: '{{ task_role_arn }}',
    },
    tags: '{{ labels }}',
    taskDefinition: '{{ task_definition_arn }}',
    capacityProviderStrategy: '{{ capacity_provider_strategy }}',
  },
  configure_cloudwatch_logs: '{{ configure_cloudwatch_logs }}',
  cloudwatch_logs_options: '{{ cloudwatch_logs_options }}',
  cloudwatch_logs_prefix: '{{ cloudwatch_logs_prefix }}',
  network_configuration: '{{ network_configuration }}',
  stream_output: '{{ stream_output }}',
  task_start_timeout_seconds: '{{ task_start_timeout_seconds }}',
  task_watch_poll_interval: '{{ task_watch_poll_interval }}',
  auto_deregister_task_definition: '{{ auto_deregister_task_definition }}',
  vpc_id: '{{ vpc_id }}',
  container_name: '{{ container_name }}',
  cluster: '{{ cluster }}',
  match_latest_revision_in_family: '{{ match_latest_revision_in_family }}',
  prefect_api_key_secret_arn: '{{ prefect_api_key_secret_arn }}',
  prefect_api_auth_string_secret_arn: '{{ prefect_api_auth_string_secret_arn }}',
  execution_role_arn: '{{ execution_role_arn }}',
};

/**
 * The template of pools that this worker creates: a union of what all Python generations wrote
 * (worker.md 1.2).
 */
export const defaultBaseJobTemplate: JsonObject = {
  job_configuration: jobConfiguration,
  variables: {
    description: 'Variables for templating an ECS job.',
    type: 'object',
    properties,
    definitions,
  },
};
