import fc from 'fast-check';
import { readJson } from '../vectors/cases.ts';
import { jobVariables, type JobVariables } from './job-variables.ts';
import { customTemplate } from './templates.ts';

type Document = Readonly<Record<string, unknown>>;

/** A drawn launch in the form of docs/bundles.md. `again`: what AWS already has registered. */
export interface DrawnBundle {
  readonly bundle: Document;
  readonly again: Again;
}

/** How the family's newest revision differs from what the launch would register. */
export type Again = 'nothing' | 'as registered' | 'with defaults' | 'reordered' | 'changed';

const uuid = (digit: number): string => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;

const ids = { run: uuid(4), flow: uuid(5), deployment: uuid(6), pool: uuid(7), queue: uuid(8) };

const blocks: readonly Document[] = [
  { id: uuid(1), name: 's', block_type: { slug: 'secret' }, data: { value: 'sec' } },
  {
    id: uuid(2),
    name: 'c',
    block_type: { slug: 'aws-credentials' },
    data: {
      aws_access_key_id: 'AK',
      aws_secret_access_key: 'SK',
      region_name: 'eu-west-1',
      junk: 1,
    },
  },
  {
    id: uuid(3),
    name: 'j',
    block_type: { slug: 'json' },
    data: { value: { A: '1', B: '{{ prefect.variables.v }}' } },
  },
];

const prefectVariables = { v: 5, t: 'txt', b: true, e: { X: 'y' }, nul: null };

const poolTemplates = [
  'python-newest',
  'ui-seed-era',
  'python-0.5.0',
  'ours',
  'custom-sidecars',
  'custom-gpu-ec2',
].map((name) => readJson(`templates/${name}.json`));

const vpcs = [
  { VpcId: 'vpc-1', IsDefault: true },
  { VpcId: 'vpc-2', IsDefault: false },
  { VpcId: 'vpc-3', IsDefault: false },
];
const subnets = [
  { SubnetId: 's-1', VpcId: 'vpc-1', AvailabilityZone: 'a' },
  { SubnetId: 's-2', VpcId: 'vpc-1', AvailabilityZone: 'b' },
  { SubnetId: 's-3', VpcId: 'vpc-2', AvailabilityZone: 'a' },
];

/** Definitions that job variables can name. */
const linkedDefinitions: readonly Document[] = [
  { networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], executionRoleArn: 'arn:exec' },
  { networkMode: 'bridge', requiresCompatibilities: ['EC2'] },
  { networkMode: 'awsvpc', requiresCompatibilities: ['EC2', 'FARGATE'] },
].map((more, at) => ({
  taskDefinitionArn: `arn:aws:ecs:us-east-1:123456789012:task-definition/linked-${at}:1`,
  family: `linked-${at}`,
  revision: 1,
  status: 'ACTIVE',
  containerDefinitions: [{ name: at === 1 ? 'main' : 'prefect', image: 'i', essential: true }],
  ...more,
}));

const environments = [
  {},
  { PREFECT_API_KEY: 'k', PREFECT_API_AUTH_STRING: 'a:b', PREFECT_WORKER_QUERY_SECONDS: '5' },
].map((more) => ({
  AWS_DEFAULT_REGION: 'us-east-1',
  PREFECT_API_URL: 'http://prefect.test/api',
  PREFECT_INTEGRATIONS_AWS_ECS_WORKER_DEFAULT_IMAGE: 'prefecthq/prefect:3-latest',
  FOO: 'bar',
  ...more,
}));

const updatedTimes = [
  null,
  '2026-08-21T16:27:33.123456Z',
  '2026-08-21T16:27:33Z',
  '2026-08-21T18:27:33.1+02:00',
  '2026-01-01T00:30:00.000001+05:30',
];

const variables = jobVariables({ credentialsBlock: uuid(2) });

const drawn = fc.record({
  template: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...poolTemplates) },
    { weight: 1, arbitrary: customTemplate(variables) },
  ),
  deployment: fc.option(variables, { freq: 6 }),
  run: fc.oneof(fc.constant<JobVariables>({}), variables),
  workerId: fc.option(fc.constant(uuid(9))),
  poolName: fc.constantFrom('pool', 'ecs pool', 'Pool.1'),
  updated: fc.constantFrom(...updatedTimes),
  environment: fc.constantFrom(...environments),
  again: fc.constantFrom<Again>(
    'nothing',
    'nothing',
    'as registered',
    'with defaults',
    'reordered',
    'changed',
  ),
});

/** Draws pools, deployments, job variables, runs and AWS facts, both valid and invalid. */
export const drawnBundle: fc.Arbitrary<DrawnBundle> = drawn.map((one) => ({
  again: one.again,
  bundle: {
    work_pool: {
      id: ids.pool,
      name: one.poolName,
      type: 'ecs',
      base_job_template: one.template,
      default_queue_id: ids.queue,
    },
    flow: { id: ids.flow, name: 'my flow', tags: ['x'] },
    deployment:
      one.deployment === null
        ? null
        : {
            id: ids.deployment,
            name: 'dep',
            flow_id: ids.flow,
            updated: one.updated,
            job_variables: one.deployment,
          },
    flow_run: {
      id: ids.run,
      name: 'tidy-owl',
      flow_id: ids.flow,
      deployment_id: one.deployment === null ? null : ids.deployment,
      tags: ['t1', "t'2"],
      job_variables: one.run,
      parameters: {},
      state: null,
    },
    block_documents: blocks,
    variables: prefectVariables,
    worker: {
      name: 'W 1',
      id: one.workerId,
      prefect_version: '3.8.8',
      environment: one.environment,
    },
    aws: { region: 'us-east-1', vpcs, subnets, task_definitions: linkedDefinitions },
  },
}));
