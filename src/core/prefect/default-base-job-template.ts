import type { JsonObject } from '../../kernel/json.ts';

/** What the UI's form shows for a pool, in its order (ecs-worker.md 1.2). */
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
    description: 'Labels for the infrastructure this worker creates (sent as ECS task tags).',
    type: 'object',
    additionalProperties: {
      type: 'string',
    },
  },
  command: {
    title: 'Command',
    description: 'Command that starts the flow run. Normally left empty so the worker generates it.',
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
      'An existing task definition to run. When set, the task definition in the job configuration is ignored, and so is every option that would change it.',
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
    description: "ECS cluster (name or ARN) to run in. Empty means the account's default cluster.",
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
      'Task definition family. Empty means: taken from the task definition, else generated from pool and deployment. Reduced to the characters AWS allows.',
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
      'Kind of ECS capacity. FARGATE_SPOT is not a real ECS launch type; it is translated into a capacity provider strategy.',
    default: 'FARGATE',
    enum: ['FARGATE', 'EC2', 'EXTERNAL', 'FARGATE_SPOT'],
    type: 'string',
  },
  capacity_provider_strategy: {
    title: 'Capacity Provider Strategy',
    description: 'Capacity provider strategy for the task. When set, the launch type is not sent.',
    type: 'array',
    items: {
      $ref: '#/definitions/CapacityProvider',
    },
  },
  image: {
    title: 'Image',
    description:
      "Image of the Prefect container. Overrides the task definition's image; defaults to a Prefect base image.",
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
    description: 'CPU units for the task. Defaults to 1024 unless the task definition has a value.',
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
    description: 'Memory (MiB) for the task. Defaults to 2048 unless the task definition has a value.',
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
      'Container in which the flow run is orchestrated. Defaults to prefect; when no such container exists, the first one.',
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
      "ARN of an AWS secret holding a Prefect API key for the task. When empty, the worker's own PREFECT_API_KEY is passed as plain environment.",
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
      "ARN of an AWS secret holding a Prefect API auth string for the task. When empty, the worker's own PREFECT_API_AUTH_STRING is passed as plain environment.",
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
    description: 'IAM role of the running task.',
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
      "IAM role used to launch the task (pull images, read secrets, write logs). Overrides the task definition's. Needed to capture container logs.",
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
      'VPC to run in; only used with the awsvpc network mode (always the case on Fargate; EC2 defaults to bridge). Empty means the default VPC; without one the run fails.',
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
      "Send the Prefect container's output to CloudWatch Logs. Needs an execution role with logs:CreateLogStream, logs:CreateLogGroup and logs:PutLogEvents. Defaults to the value of stream_output.",
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
    description: 'With configure_cloudwatch_logs: extra or overriding awslogs driver options.',
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
      'Custom awsvpcConfiguration (subnets, securityGroups, assignPublicIp) used instead of the inferred one. Requires vpc_id.',
    type: 'object',
    additionalProperties: true,
  },
  stream_output: {
    title: 'Stream Output',
    description:
      "Stream the Prefect container's log output to the worker's console. Same prerequisites as configure_cloudwatch_logs unless the task definition already logs to CloudWatch.",
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
    description: 'Seconds to wait for the task to reach RUNNING before the run is marked as failed to start.',
    default: 300,
    type: 'integer',
  },
  task_watch_poll_interval: {
    title: 'Task Watch Poll Interval',
    description: 'Seconds between AWS calls while watching a task.',
    default: 5.0,
    type: 'number',
  },
  auto_deregister_task_definition: {
    title: 'Auto Deregister Task Definition',
    description:
      'Deregister task definitions that this worker registered once the task ends (they become INACTIVE). Definitions linked by ARN are never deregistered.',
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

/** Blocks and objects that the properties refer to. Titles equal their keys: the server replaces them by title. */
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

/** The template of pools that this worker creates: a union of what all Python generations wrote (ecs-worker.md 1.2). */
export const defaultBaseJobTemplate: JsonObject = {
  job_configuration: jobConfiguration,
  variables: {
    description: 'Variables for templating an ECS job.',
    type: 'object',
    properties,
    definitions,
  },
};
