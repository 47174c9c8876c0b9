import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { beginJob, type BegunJob } from '../job/configuration.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { Deployment } from '../prefect/deployment.ts';
import { FlowRun } from '../prefect/flow-run.ts';
import { Flow } from '../prefect/flow.ts';
import { WorkPool } from '../prefect/work-pool.ts';
import { judgeBeforeReads } from './before-reads.ts';
import { judgeEndpoints } from './endpoints.ts';
import type { GuardRails } from './guard-rails.ts';
import { noRails } from './guard-rails.test-support.ts';
import { judgeJob, judgeLinked } from './launch.ts';

interface Given {
  /** Over a template in which runs may set everything. */
  readonly template?: JsonObject;
  readonly deployment?: JsonObject;
  readonly run?: JsonObject;
}

const names = [
  'env',
  'aws_credentials',
  'cluster',
  'execution_role_arn',
  'prefect_api_key_secret_arn',
];
const open: JsonObject = {
  ...Object.fromEntries(names.map((name) => [name, `{{ ${name} }}`])),
  task_definition: {
    containerDefinitions: [{ name: 'prefect', image: '{{ image }}' }, '{{ sidecar }}'],
    taskRoleArn: '{{ task_role_arn }}',
  },
  task_run_request: {
    taskDefinition: '{{ definition }}',
    cluster: '{{ c }}',
    overrides: '{{ overrides }}',
  },
};

const id = '77777777-0000-4000-8000-000000000001';
const ofEndpoint = (endpoint: string): JsonObject => ({
  aws_client_parameters: { endpoint_url: endpoint },
});
const saved = 'https://saved.example.com';

/** A block of any name; its type is what the name says, by id an AwsCredentials block. */
function blockFor({ kind, ...named }: BegunJob['blocksNeeded'][number]) {
  const typeSlug = 'typeSlug' in named ? named.typeSlug : 'aws-credentials';
  const data =
    typeSlug === 'string'
      ? { value: 'https://hidden.example.com' }
      : { ...ofEndpoint(saved), inner: ofEndpoint(saved) };
  return {
    reference: { kind, ...named } as never,
    document: { id, name: 'x', typeSlug, data, secretFields: [] },
  };
}

function begun({ template, deployment, run }: Given): BegunJob {
  const jobConfiguration = { ...open, ...template };
  return beginJob({
    workPool: WorkPool.parse({
      id: 'pool-id',
      name: 'pool',
      type: 'ecs',
      base_job_template: { job_configuration: jobConfiguration, variables: { properties: {} } },
    }),
    deployment: Deployment.parse({ id: 'd', name: 'd', job_variables: deployment ?? {} }),
    flow: Flow.parse({ id: 'f', name: 'f' }),
    flowRun: FlowRun.parse({
      id: 'r',
      name: 'r',
      flow_id: 'f',
      deployment_id: 'd',
      job_variables: run ?? {},
    }),
    worker: {
      name: 'w',
      id: undefined,
      prefectVersion: '3',
      passedOnSettings: { PREFECT_API_KEY: 'k' },
      environment: {},
      defaultImage: 'prefecthq/prefect:3-latest',
      tagBlanks: 'keep',
    },
  });
}

function jobFor(given: Given): EcsJob {
  const job = begun(given);
  const answer = { kind: 'found', value: 'https://variable.example.com' } as const;
  const withBlocks = job.withBlocks(job.blocksNeeded.map((reference) => blockFor(reference)));
  return withBlocks.withVariables(withBlocks.variablesNeeded.map((name) => ({ name, answer })));
}

/** All rules, in the order in which a run meets them. */
function judged(given: Given, changes: Partial<GuardRails>): void {
  const rails = { ...noRails, ...changes };
  judgeBeforeReads(begun(given), rails);
  const job = jobFor(given);
  judgeEndpoints(job, rails);
  judgeJob(job, rails);
}

const role = 'arn:aws:iam::111122223333:role/etl';
const [evil, inner] = ['https://evil.example.org', 'https://inner.example.com'];

describe('A run that violates a guard rail', () => {
  it.each<[string, Given, Partial<GuardRails>, RegExp]>([
    [
      'a task role',
      { deployment: { task_role_arn: role } },
      { allowedTaskRoles: ['other'] },
      /^PREFECT_ECS_ALLOWED_TASK_ROLES does not allow the task role 'arn:aws:iam::111122223333:role\/etl'\. The setting is: other\. Use an allowed role, or ask the operator of the worker to change the setting\.$/,
    ],
    [
      'a task role of the request',
      { run: { overrides: { taskRoleArn: 'etl' } } },
      { allowedTaskRoles: ['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7'] },
      /TASK_ROLES does not allow the task role 'etl'\. The setting is: o1, o2, o3, o4, o5, and 2 more\./,
    ],
    [
      'an execution role',
      { run: { execution_role_arn: role } },
      { allowedExecutionRoles: ['x'] },
      /^PREFECT_ECS_ALLOWED_EXECUTION_ROLES does not allow the execution role/,
    ],
    [
      'an execution role of the request',
      { run: { overrides: { executionRoleArn: role } } },
      { allowedExecutionRoles: ['x'] },
      /EXECUTION_ROLES/,
    ],
    [
      'a cluster',
      { run: { cluster: 'c' } },
      { allowedClusters: ['prod'] },
      /^PREFECT_ECS_ALLOWED_CLUSTERS does not allow the cluster 'c'/,
    ],
    [
      'a cluster of the request',
      { run: { c: 'c' } },
      { allowedClusters: ['prod'] },
      /the cluster 'c'/,
    ],
    ['the default cluster', {}, { allowedClusters: ['prod'] }, /the cluster 'default'/],
    [
      'an image',
      { run: { image: 'evil/x' } },
      { allowedImages: ['prefecthq/*'] },
      /^PREFECT_ECS_ALLOWED_IMAGES does not allow the image 'evil\/x' of container 'prefect'\. The setting is: prefecthq\/\*\./,
    ],
    [
      'the default image',
      {},
      { allowedImages: ['mine/*'] },
      /'prefecthq\/prefect:3-latest' of container 'prefect'/,
    ],
    [
      'an image of another container',
      { run: { image: 'mine/x', sidecar: { name: 's', image: 'evil/x' } } },
      { allowedImages: ['mine/*'] },
      /'evil\/x' of container 's'/,
    ],
    [
      'a container without name and image',
      { run: { image: 'mine/x', sidecar: { cpu: 1 } } },
      { allowedImages: ['mine/*'] },
      /the image '' of container ''/,
    ],
    [
      'a long value, of which the beginning is shown',
      { run: { cluster: 'c'.repeat(1_000) } },
      { allowedClusters: ['prod'] },
      /'c{200}\.\.\.'\. The/,
    ],
    [
      'a block',
      { run: { image: '{{ prefect.blocks.string.x }}' } },
      { allowedBlocks: ['aws-credentials/*'] },
      /^PREFECT_ECS_ALLOWED_BLOCKS does not allow the block 'string\/x'\. The setting is: aws-credentials\/\*\. Use another block/,
    ],
    [
      'a block by id',
      { run: { aws_credentials: { $ref: { block_document_id: id } } } },
      { allowedBlocks: ['aws-credentials/*'] },
      /the block '77777777-.*' *\. The setting is: .*reference it as \{\{ prefect\.blocks\.TYPE\.NAME \}\}/,
    ],
    [
      'credentials of a deployment',
      { deployment: { aws_credentials: { aws_access_key_id: 'x' } } },
      { credentialsOnlyFromPool: true },
      /^PREFECT_ECS_CREDENTIALS_ONLY_FROM_POOL does not allow job variables to set 'aws_credentials'/,
    ],
    [
      "credentials that are partly a run's",
      {
        template: { aws_credentials: { region_name: 'r', profile_name: '{{ p }}', use: [1] } },
        run: { p: 'admin' },
      },
      { credentialsOnlyFromPool: true },
      /CREDENTIALS_ONLY_FROM_POOL/,
    ],
    [
      'an endpoint',
      { run: { aws_credentials: ofEndpoint('https://user:canary@evil.example.org/x?canary') } },
      {},
      /^PREFECT_ECS_ALLOWED_AWS_ENDPOINTS does not allow the AWS endpoint 'https:\/\/evil\.example\.org' of the job variables\. Save it in an AwsCredentials block/,
    ],
    [
      'an endpoint by another name',
      { run: { aws_credentials: ofEndpoint(evil) } },
      { allowedAwsEndpoints: [inner] },
      /The setting is: https:\/\/inner/,
    ],
    [
      'an endpoint that is no URL',
      { run: { aws_credentials: ofEndpoint('://') } },
      { allowedAwsEndpoints: [inner] },
      /'invalid URL'/,
    ],
    [
      'an endpoint that looks like an allowed one',
      {
        run: {
          aws_credentials: ofEndpoint(
            'https://inner.example.com@evil.example.org/https://inner.example.com',
          ),
        },
      },
      { allowedAwsEndpoints: ['https://inner.example.com', 'https://*.example.com'] },
      /'https:\/\/evil\.example\.org'/,
    ],
    [
      'a proxy',
      {
        run: {
          aws_credentials: {
            aws_client_parameters: { config: { proxies: { https: 'evil.example.org:3128' } } },
          },
        },
      },
      {},
      /the AWS proxy 'http:\/\/evil\.example\.org:3128' of the job variables/,
    ],
    [
      'an endpoint from a block that is none of credentials',
      { run: { aws_credentials: ofEndpoint('{{ prefect.blocks.string.x }}') } },
      {},
      /'https:\/\/hidden\.example\.com' of the job variables/,
    ],
    [
      'credentials that are a block of another type',
      { run: { aws_credentials: '{{ prefect.blocks.json.x }}' } },
      {},
      /'https:\/\/saved\.example\.com' of the job variables/,
    ],
    [
      'credentials that are a part of a block',
      {
        run: {
          aws_credentials: {
            aws_client_parameters: '{{ prefect.blocks.aws-credentials.x.aws_client_parameters }}',
          },
        },
      },
      {},
      /of the job variables/,
    ],
    [
      'credentials that are an endpoint of a block, by its path',
      { run: { aws_credentials: '{{ prefect.blocks.json.x.aws_client_parameters }}' } },
      { credentialsOnlyFromPool: true },
      /CREDENTIALS_ONLY_FROM_POOL/,
    ],
    [
      'credentials that are in a saved block, and not it',
      { run: { aws_credentials: '{{ prefect.blocks.aws-credentials.x.inner }}' } },
      {},
      /'https:\/\/saved\.example\.com' of the job variables/,
    ],
    [
      'a saved block, if only by a path into it',
      {
        template: { aws_credentials: { aws_client_parameters: '{{ p }}' } },
        run: { p: '{{ prefect.blocks.json.x.aws_client_parameters }}' },
      },
      {},
      /'https:\/\/saved\.example\.com' of the job variables/,
    ],
    [
      'an endpoint from a variable',
      { run: { aws_credentials: ofEndpoint('{{ prefect.variables.v }}') } },
      {},
      /'https:\/\/variable\.example\.com' of the job variables/,
    ],
    [
      'an endpoint of the pool beside a list',
      { template: { aws_credentials: ofEndpoint(evil) } },
      { allowedAwsEndpoints: [inner] },
      /'https:\/\/evil\.example\.org' of the work pool/,
    ],
    [
      'an endpoint of a block that was saved',
      { run: { aws_credentials: '{{ prefect.blocks.aws-credentials.x }}' } },
      { allowsBlockEndpoints: false },
      /^PREFECT_ECS_ALLOW_BLOCK_ENDPOINTS does not allow the AWS endpoint of this run's AwsCredentials block\. .*PREFECT_ECS_ALLOWED_AWS_ENDPOINTS/,
    ],
    [
      'a variable',
      { run: { env: { AWS_X: '1' } } },
      { forbiddenEnv: ['AWS_*'] },
      /^PREFECT_ECS_FORBIDDEN_ENV does not allow the environment variable 'AWS_X' of the job variables\. The setting is: AWS_\*\. Remove it/,
    ],
    [
      'a variable by a dotted key',
      { deployment: { 'env.AWS_X': '1' } },
      { forbiddenEnv: ['AWS_*'] },
      /'AWS_X'/,
    ],
    [
      'a variable that it unsets',
      { run: { env: { AWS_X: null } } },
      { forbiddenEnv: ['AWS_*'] },
      /'AWS_X'/,
    ],
    [
      'a variable from a block',
      { run: { env: { AWS_X: '{{ prefect.blocks.string.x }}' } } },
      { forbiddenEnv: ['AWS_*'] },
      /'AWS_X'/,
    ],
    [
      'a variable of an override',
      {
        run: {
          overrides: {
            containerOverrides: [{ name: 'prefect', environment: [{ name: 'AWS_X', value: '' }] }],
          },
        },
      },
      { forbiddenEnv: ['AWS_*'] },
      /'AWS_X'/,
    ],
    [
      'a variable of an override that is an object',
      { run: { overrides: { containerOverrides: [{ environment: { AWS_X: '' } }] } } },
      { forbiddenEnv: ['AWS_*'] },
      /'AWS_X'/,
    ],
    [
      'a variable of another container',
      {
        run: {
          sidecar: { name: 's', environment: [1, { value: '' }, { name: 'AWS_X', value: '' }] },
        },
      },
      { forbiddenEnv: ['AWS_*'] },
      /'AWS_X'/,
    ],
    [
      'a secret variable',
      { run: { sidecar: { name: 's', secrets: [{ name: 'AWS_X', valueFrom: 'arn' }] } } },
      { forbiddenEnv: ['AWS_*'] },
      /'AWS_X'/,
    ],
    [
      'a file of variables',
      { run: { sidecar: { name: 's', environmentFiles: [{ type: 's3', value: 'arn' }] } } },
      { forbiddenEnv: ['AWS_*'] },
      /'environmentFiles' in job variables, because they can set any name/,
    ],
  ])(
    'with %s gets an error with the setting, the value and the fix',
    (_what, given, rails, words) => {
      const judge = (): unknown => judged(given, rails);

      expect(judge).toThrow(
        expect.objectContaining({ name: 'NotAllowed', message: expect.stringMatching(words) }),
      );
      expect(judge).not.toThrow('canary');
    },
  );
});

describe('An allowed run', () => {
  it.each<[string, Given, Partial<GuardRails>]>([
    [
      'everything, as long as no setting says otherwise',
      { run: { cluster: 'c', image: 'i', env: { A: '1' } } },
      {},
    ],
    [
      'what lists name',
      {
        run: { task_role_arn: role, execution_role_arn: role, cluster: 'prod-a', image: 'mine/x' },
      },
      {
        allowedTaskRoles: ['etl'],
        allowedExecutionRoles: [role],
        allowedClusters: ['prod-*'],
        allowedImages: ['mine/*'],
      },
    ],
    ['no role', {}, { allowedTaskRoles: ['x'], allowedExecutionRoles: ['x'] }],
    ['the default cluster by name', {}, { allowedClusters: ['default'] }],
    [
      'an image as Docker completes it',
      { run: { image: 'python' } },
      { allowedImages: ['docker.io/library/*'] },
    ],
    [
      'an image of a definition that it names',
      { run: { definition: 'family:1', image: 'x' } },
      { allowedImages: ['mine/*'] },
    ],
    [
      'a block',
      { run: { image: '{{ prefect.blocks.string.x }}' } },
      { allowedBlocks: ['string/?'] },
    ],
    [
      'a block by id',
      { run: { aws_credentials: { $ref: { block_document_id: id } } } },
      { allowedBlocks: [id] },
    ],
    [
      'an endpoint',
      { run: { aws_credentials: ofEndpoint(`${inner}/path`) } },
      { allowedAwsEndpoints: [inner] },
    ],
    ['an endpoint of the pool', { template: { aws_credentials: ofEndpoint(evil) } }, {}],
    [
      'a proxy of the pool',
      {
        template: {
          aws_credentials: { aws_client_parameters: { config: { proxies: { http: 'p:1' } } } },
        },
      },
      { allowedAwsEndpoints: [inner] },
    ],
    [
      'an endpoint of a saved block',
      { run: { aws_credentials: '{{ prefect.blocks.aws-credentials.x }}' } },
      {},
    ],
    [
      'an endpoint of a saved block by id',
      { run: { aws_credentials: { $ref: { block_document_id: id } } } },
      {},
    ],
    [
      'an endpoint of a saved block that is in the list',
      { run: { aws_credentials: '{{ prefect.blocks.aws-credentials.x }}' } },
      { allowsBlockEndpoints: false, allowedAwsEndpoints: [saved] },
    ],
    [
      'a region beside credentials of the pool',
      {
        template: { aws_credentials: { profile_name: 'p', region_name: '{{ r }}' } },
        run: { r: 'eu-west-1' },
      },
      { credentialsOnlyFromPool: true },
    ],
    [
      'credentials by a reference that names nothing',
      { run: { aws_credentials: { $ref: { other: 1 } } } },
      {},
    ],
    [
      'credentials of the pool as a text',
      { template: { aws_credentials: { profile_name: 'p' } } },
      { credentialsOnlyFromPool: true },
    ],
    ['no credentials', { run: { aws_credentials: {} } }, { credentialsOnlyFromPool: true }],
    ['variables of other names', { run: { env: { A: '1' } } }, { forbiddenEnv: ['AWS_*'] }],
    ['variables of the pool', { template: { env: { AWS_X: '1' } } }, { forbiddenEnv: ['AWS_*'] }],
    [
      'what the worker passes on, whatever the run set beside it',
      { run: { env: '{{ prefect.blocks.aws-credentials.x }}' } },
      { forbiddenEnv: ['PREFECT_*'] },
    ],
    [
      'variables and files of the pool in other containers',
      {
        template: {
          task_definition: {
            containerDefinitions: [
              {
                name: 'prefect',
                environment: [{ name: 'AWS_X', value: '{{ x }}' }],
                environmentFiles: [{ value: 'arn' }],
              },
            ],
          },
        },
        run: { x: '1' },
      },
      { forbiddenEnv: ['AWS_*'] },
    ],
  ])('has %s', (_what, given, rails) => {
    expect(() => judged(given, rails)).not.toThrow();
  });
});

describe('A linked definition', () => {
  const definition: JsonObject = {
    taskRoleArn: role,
    executionRoleArn: role,
    containerDefinitions: [{ name: 'prefect', image: 'evil/x' }],
  };
  const judge = (given: Given, rails: Partial<GuardRails>) => (): void =>
    judgeLinked(jobFor({ run: { definition: 'family:1', ...given.run } }), definition, {
      ...noRails,
      ...rails,
    });

  it.each<[string, Partial<GuardRails>, string]>([
    ['images', { allowedImages: ['mine/*'] }, 'PREFECT_ECS_ALLOWED_IMAGES'],
    ['task role', { allowedTaskRoles: ['x'] }, 'PREFECT_ECS_ALLOWED_TASK_ROLES'],
    ['execution role', { allowedExecutionRoles: ['x'] }, 'PREFECT_ECS_ALLOWED_EXECUTION_ROLES'],
  ])('is checked by its %s, as ECS returns it', (_what, rails, setting) => {
    expect(judge({}, rails)).toThrow(setting);
    expect(judge({}, {})).not.toThrow();
  });

  it("uses the roles from the run's overrides", () => {
    const given = { run: { overrides: { taskRoleArn: 'x', executionRoleArn: 'x' } } };

    expect(judge(given, { allowedTaskRoles: ['x'], allowedExecutionRoles: ['x'] })).not.toThrow();
    expect(() => judgeLinked(jobFor(given), {}, { ...noRails, allowedTaskRoles: ['y'] })).toThrow(
      "'x'",
    );
    expect(() =>
      judgeLinked(jobFor({}), {}, { ...noRails, allowedTaskRoles: ['y'] }),
    ).not.toThrow();
  });
});
