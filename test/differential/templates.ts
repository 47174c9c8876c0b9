import fc from 'fast-check';
import { isDocument } from './differences.ts';
import { environment, type JobVariables } from './job-variables.ts';

const container = fc.record(
  {
    name: fc.constantFrom<unknown>('{{ container_name }}', 'prefect', 'main', 'side'),
    image: fc.constantFrom<unknown>('{{ image }}', 'fixed:1', null, ''),
    essential: fc.constantFrom<unknown>(true, true, true, false, null),
    cpu: fc.constantFrom<unknown>(0, 64, '{{ cpu }}'),
    memory: fc.constantFrom<unknown>(128, '{{ memory }}'),
    memoryReservation: fc.constant(64),
    command: fc.constantFrom<unknown>(['a', '{{ image }}'], []),
    environment: fc.constantFrom<unknown>(
      [],
      [{ name: 'A', value: 'template' }],
      [
        { name: 'SECRET', value: '' },
        { name: 'PREFECT_API_KEY', value: 'inline' },
      ],
    ),
    secrets: fc.constantFrom<unknown>(
      [],
      [{ name: 'PREFECT_API_KEY', valueFrom: 'arn:own' }],
      [{ name: 'S', valueFrom: 'arn:s' }],
    ),
    portMappings: fc.constantFrom<unknown>([], [{ containerPort: 80 }]),
    logConfiguration: fc.constant({ logDriver: 'awslogs', options: { 'awslogs-group': 'g' } }),
    ulimits: fc
      .constantFrom(0, 1, 1, 1)
      .map((softLimit) => [{ name: 'nofile', softLimit, hardLimit: 1 }]),
    stopTimeout: fc.constantFrom(0, 30),
    readonlyRootFilesystem: fc.constantFrom<unknown>(false, true),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const taskDefinition = fc.record(
  {
    family: fc.constantFrom<unknown>('{{ family }}', 'f-{{ family }}-{{ missing }}', 'Fam ily', ''),
    containerDefinitions: fc.array(container, { maxLength: 3 }),
    cpu: fc.constantFrom<unknown>('{{ cpu }}', 1024, '256', ''),
    memory: fc.constantFrom<unknown>('{{ memory }}', 2048, '512'),
    networkMode: fc.constantFrom<unknown>('awsvpc', 'bridge', 'host', '{{ missing }}'),
    requiresCompatibilities: fc.constantFrom<unknown>(
      ['FARGATE'],
      ['EC2'],
      ['EXTERNAL'],
      ['EC2', 'FARGATE'],
      [],
    ),
    executionRoleArn: fc.constantFrom<unknown>('{{ execution_role_arn }}', 'arn:fixed', null),
    taskRoleArn: fc.constant('{{ task_role_arn }}'),
    volumes: fc.constantFrom<unknown>(
      [{ name: '{{ missing }}' }, '{{ missing }}'],
      [{ name: 'v', host: {} }],
      [],
    ),
    runtimePlatform: fc.constantFrom<unknown>({ cpuArchitecture: 'ARM64' }, {}),
    tags: fc.constant([{ key: 'k', value: 'v' }]),
    ephemeralStorage: fc.constant({ sizeInGiB: 30 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const containerOverride = fc.record(
  {
    name: fc.constantFrom<unknown>('{{ container_name }}', 'prefect', 'side'),
    command: fc.constantFrom<unknown>('{{ command }}', 'a b', ['x', 'y']),
    environment: fc.oneof(
      fc.constantFrom<unknown>('{{ env }}', [{ name: 'A', value: 'list' }]),
      environment,
    ),
    cpu: fc.constantFrom<unknown>('{{ cpu }}', 128),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const taskRunRequest = fc.record(
  {
    launchType: fc.constantFrom<unknown>('{{ launch_type }}', 'EC2', '', null),
    taskDefinition: fc.constantFrom<unknown>('{{ task_definition_arn }}', null),
    cluster: fc.constantFrom<unknown>('{{ cluster }}', 'c-{{ cluster }}', ''),
    capacityProviderStrategy: fc.constantFrom<unknown>('{{ capacity_provider_strategy }}', []),
    tags: fc.constantFrom<unknown>('{{ labels }}', { own: 'tag' }, [{ key: 'own', value: 'x y' }]),
    overrides: fc.record(
      {
        containerOverrides: fc.array(containerOverride, { minLength: 1, maxLength: 2 }),
        cpu: fc.constantFrom<unknown>('{{ cpu }}', 512),
        memory: fc.constant('{{ memory }}'),
        taskRoleArn: fc.constant('{{ task_role_arn }}'),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    networkConfiguration: fc.constantFrom<unknown>(
      { awsvpcConfiguration: { subnets: ['s-7'] } },
      {},
    ),
    platformVersion: fc.constantFrom<unknown>('1.4.0', null),
    enableExecuteCommand: fc.boolean(),
    propagateTags: fc.constant('TASK_DEFINITION'),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const jobConfiguration = fc.record(
  {
    command: fc.constantFrom<unknown>('{{ command }}', 'run {{ image }}', null),
    env: fc.oneof(fc.constant('{{ env }}'), environment),
    labels: fc.constantFrom<unknown>('{{ labels }}', { a: '{{ image }}' }, {}),
    name: fc.constantFrom<unknown>('{{ name }}', 'x-{{ $FOO }}'),
    task_definition: taskDefinition,
    task_run_request: taskRunRequest,
    configure_cloudwatch_logs: fc.constantFrom<unknown>(
      '{{ configure_cloudwatch_logs }}',
      true,
      null,
    ),
    cloudwatch_logs_options: fc.constantFrom<unknown>('{{ cloudwatch_logs_options }}', {}),
    cloudwatch_logs_prefix: fc.constant('{{ cloudwatch_logs_prefix }}'),
    network_configuration: fc.constantFrom<unknown>('{{ network_configuration }}', {
      subnets: ['{{ vpc_id }}'],
    }),
    vpc_id: fc.constant('{{ vpc_id }}'),
    cluster: fc.constant('{{ cluster }}'),
    container_name: fc.constant('{{ container_name }}'),
    execution_role_arn: fc.constant('{{ execution_role_arn }}'),
    auto_deregister_task_definition: fc.constant('{{ auto_deregister_task_definition }}'),
    match_latest_revision_in_family: fc.constant('{{ match_latest_revision_in_family }}'),
    task_start_timeout_seconds: fc.constantFrom<unknown>('{{ task_start_timeout_seconds }}', 45),
    aws_credentials: fc.constant('{{ aws_credentials }}'),
    prefect_api_key_secret_arn: fc.constant('{{ prefect_api_key_secret_arn }}'),
    prefect_api_auth_string_secret_arn: fc.constant('{{ prefect_api_auth_string_secret_arn }}'),
  },
  { requiredKeys: [], noNullPrototype: true },
);

interface Mistake {
  readonly document: string;
  /** Chooses one of the document's objects; any number, taken modulo their count. */
  readonly place: number;
  readonly key: string;
  readonly value: unknown;
}

const mistake: fc.Arbitrary<Mistake> = fc.record({
  document: fc.constantFrom('task_definition', 'task_run_request'),
  place: fc.nat(),
  key: fc.constantFrom('un_known', 'Name', 'task_definition', 'working_directory'),
  value: fc.constantFrom<unknown>('x', 1, true, ['x'], { a: 'b' }),
});

/** Adds a key unknown to AWS to one of the template's objects. */
function mistaken(
  configuration: Readonly<Record<string, unknown>>,
  { document, place, key, value }: Mistake,
): unknown {
  const copy = structuredClone(configuration);
  const objects = objectsIn(copy[document], '');
  const chosen = objects[place % Math.max(objects.length, 1)];
  if (chosen !== undefined && !(key in chosen)) chosen[key] = value;
  return copy;
}

/**
 * Lists the objects whose keys AWS defines. Maps of a user's own keys and tags are left out, since
 * there any key is valid or only one is read.
 */
function objectsIn(value: unknown, name: string): readonly Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => objectsIn(item, name));
  if (!isDocument(value) || ['environment', 'options', 'tags'].includes(name)) return [];
  const object: Record<string, unknown> = value;
  return [object, ...Object.entries(object).flatMap(([key, inner]) => objectsIn(inner, key))];
}

/** Draws a handwritten base job template: any fields, with defaults for `variables`. */
export function customTemplate(variables: fc.Arbitrary<JobVariables>): fc.Arbitrary<unknown> {
  const configuration = fc
    .tuple(
      jobConfiguration,
      fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: mistake }),
    )
    .map(([written, wrong]) => (wrong === null ? written : mistaken(written, wrong)));
  return fc.record({ job_configuration: configuration, defaults: variables }).map((one) => ({
    job_configuration: one.job_configuration,
    variables: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(one.defaults)
          .filter(([name]) => !name.includes('.'))
          .map(([name, value]) => [name, { default: value }]),
      ),
    },
  }));
}
