import fc from 'fast-check';

export type JobVariables = Readonly<Record<string, unknown>>;

const placeholder = fc.constantFrom(
  '{{ image }}',
  '{{ $FOO }}',
  '{{ nope }}',
  '{{ prefect.variables.t }}',
  '{{ prefect.blocks.secret.s }}',
  '{{ family }}-x',
  '{{ env.A }}',
  '{{ cpu }}',
);

const text = fc.oneof(
  fc.constantFrom('a', 'x:1', '', 'fam', 'two words', "q'q"),
  placeholder,
  fc.tuple(fc.constantFrom('a-', '', 'b '), placeholder).map((parts) => parts.join('')),
);

const scalar = fc.oneof(
  text,
  fc.integer({ min: -5, max: 4096 }),
  fc.boolean(),
  fc.constantFrom(0.5, 1e-7),
);

const names = fc.constantFrom('A', 'B', 'FOO', 'PREFECT_API_URL', 'PREFECT_API_KEY', 'SECRET');

/** Environment variables: any JSON that users write, including null. */
export const environment = fc.dictionary(
  names,
  fc.option(fc.oneof(scalar, fc.constant({ k: [1, null, 'x'] })), { freq: 5 }),
  { noNullPrototype: true, maxKeys: 3 },
);

const labels = fc.dictionary(
  fc.constantFrom('team', 'a b', 'x', 'prefect.io/own', 'Größe', 'a_b'),
  fc.constantFrom('p', 'q {{ image }}', '', 'ä;b', 'x'.repeat(300)),
  { noNullPrototype: true, maxKeys: 2 },
);

const runNames = fc.constantFrom(
  'n',
  '{{ ctx.flow.name }}-{{ ctx.flow_run.name }}',
  '{{ ctx.nope }}',
  'a{{ ctx.nope }}',
  '{{ ctx.flow_run.tags }}',
  '{{ ctx.flow_run.tags[0] }}',
  '{{ ctx.flow.name }}',
  '',
);

const linked = (at: number): string =>
  `arn:aws:ecs:us-east-1:123456789012:task-definition/linked-${at}:1`;

const strategies = fc.constantFrom<unknown>(
  [],
  [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }],
  [{ capacityProvider: 'own', weight: 2 }],
);

const networks = fc.constantFrom<unknown>(
  {},
  {},
  { subnets: ['s-1'] },
  { subnets: ['s-3'] },
  { assignPublicIp: 'ENABLED' },
);

/** Job variables of a deployment or flow run: a few known to the templates, some unknown. */
export function jobVariables(options: {
  readonly credentialsBlock: string;
}): fc.Arbitrary<JobVariables> {
  const credentials = fc.constantFrom<unknown>(
    {},
    { aws_access_key_id: 'I', aws_secret_access_key: 'S' },
    { $ref: { block_document_id: options.credentialsBlock } },
    '{{ prefect.blocks.aws-credentials.c }}',
    { region_name: 'eu-west-2', unknown: 1 },
    { assume_role_arn: 'arn:role' },
  );
  const all: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    env: fc.oneof(
      environment,
      fc.constantFrom('{{ prefect.blocks.json.j }}', {}, '{{ prefect.variables.e }}'),
    ),
    'env.D': scalar,
    'env.A': text,
    'task_definition.x': text,
    labels,
    name: fc.option(runNames),
    command: fc.option(
      fc.constantFrom('', 'echo x', "sh -c 'a b'", '{{ prefect.variables.t }} y', "it's"),
    ),
    image: fc.option(text),
    cpu: fc.constantFrom<unknown>(256, 512, '1024', 2048),
    memory: fc.constantFrom<unknown>(512, 2048, '4096'),
    family: fc.option(text),
    cluster: text,
    vpc_id: fc.option(fc.constantFrom('vpc-1', 'vpc-2', 'vpc-3', 'vpc-9', '')),
    container_name: fc.option(fc.constantFrom('main', 'prefect')),
    configure_cloudwatch_logs: fc.option(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom<unknown>(false, 'no', 0) },
        { weight: 1, arbitrary: fc.constantFrom<unknown>(true, 'true', 'yes', 1, '2') },
      ),
    ),
    cloudwatch_logs_options: fc.dictionary(
      fc.constantFrom('awslogs-group', 'o'),
      fc.constantFrom('p', 'q'),
      {
        noNullPrototype: true,
        maxKeys: 2,
      },
    ),
    cloudwatch_logs_prefix: fc.option(text),
    network_configuration: networks,
    task_start_timeout_seconds: fc.constantFrom<unknown>(60, '120', 0, 300),
    task_watch_poll_interval: fc.constantFrom<unknown>(5, '2.5', 0.5),
    auto_deregister_task_definition: fc.constantFrom<unknown>(true, false, 'yes'),
    match_latest_revision_in_family: fc.constantFrom<unknown>(true, false),
    execution_role_arn: fc.option(fc.constantFrom('arn:exec', '')),
    task_role_arn: fc.constant('arn:task'),
    task_definition_arn: fc.constantFrom(linked(0), linked(1), linked(2), 'arn:gone', ''),
    launch_type: fc.constantFrom('FARGATE', 'EC2', 'FARGATE_SPOT', 'EXTERNAL', ''),
    capacity_provider_strategy: strategies,
    prefect_api_key_secret_arn: fc.option(fc.constantFrom('arn:sec', '')),
    prefect_api_auth_string_secret_arn: fc.option(fc.constant('arn:sec2')),
    aws_credentials: credentials,
    unknown_variable: scalar,
  };
  return fc
    .subarray(Object.keys(all), { maxLength: 6 })
    .chain((keys) =>
      fc.record(Object.fromEntries(keys.map((key) => [key, all[key] ?? fc.constant(null)])), {
        noNullPrototype: true,
      }),
    )
    .map(mostlyWithVpc);
}

/** Adds a VPC to most network configurations: one alone is refused, and wastes the case. */
function mostlyWithVpc(variables: JobVariables): JobVariables {
  const network = variables['network_configuration'];
  const isAlone = network !== undefined && !('vpc_id' in variables);
  return isAlone && Object.keys(variables).length % 4 !== 0
    ? { ...variables, vpc_id: 'vpc-1' }
    : variables;
}
