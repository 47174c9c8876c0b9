import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/kernel/json.ts';
import { World } from './world.ts';

interface Case {
  readonly rule: string;
  readonly value: string;
  /** Job variables of the run that breaks the rule. */
  readonly variables: JsonObject;
  /** A part of the message that the refusal must have. */
  readonly says: string;
}

const credentials = {
  aws_access_key_id: '123456789012',
  aws_secret_access_key: 'x',
  region_name: 'us-east-1',
};
const role = 'arn:aws:iam::123456789012:role/admin';

const cases: readonly Case[] = [
  { rule: 'ALLOWED_TASK_ROLES', value: 'runs-*', variables: { task_role_arn: role }, says: role },
  {
    rule: 'ALLOWED_EXECUTION_ROLES',
    value: 'runs-*',
    variables: { execution_role_arn: role },
    says: role,
  },
  { rule: 'ALLOWED_CLUSTERS', value: 'prod-*', variables: { cluster: 'other' }, says: "'other'" },
  { rule: 'ALLOWED_IMAGES', value: 'mine/*', variables: { image: 'evil/x' }, says: "'evil/x'" },
  {
    rule: 'ALLOWED_BLOCKS',
    value: 'aws-credentials/*',
    variables: { image: '{{ prefect.blocks.string.image }}' },
    says: "'string/image'",
  },
  {
    rule: 'CREDENTIALS_ONLY_FROM_POOL',
    value: 'true',
    variables: { aws_credentials: credentials },
    says: 'aws_cred',
  },
  {
    rule: 'FORBIDDEN_ENV',
    value: 'AWS_*,PREFECT_API_*',
    variables: { env: { PREFECT_API_URL: 'x' } },
    says: 'API_URL',
  },
  {
    rule: 'ALLOWED_AWS_ENDPOINTS',
    value: 'http://aws.local',
    variables: {
      aws_credentials: {
        ...credentials,
        aws_client_parameters: { endpoint_url: 'http://evil.local' },
      },
    },
    says: "'http://evil.local'",
  },
  {
    rule: 'ALLOW_BLOCK_ENDPOINTS',
    value: 'false',
    variables: { aws_credentials: '{{ prefect.blocks.aws-credentials.evil }}' },
    says: 'AwsCredentials block',
  },
];

/** Starts a world that records every call of the worker to AWS and has blocks to read. */
async function aWorld(setting: string, value: string) {
  const world = await World.start();
  world.prefect.createBlock('string', 'image', { value: 'mine/x' });
  world.prefect.createBlock('aws-credentials', 'evil', {
    ...credentials,
    aws_client_parameters: { endpoint_url: 'http://evil.local' },
  });
  await world.startWorker({
    environment: setting === '' ? {} : { [`PREFECT_ECS_${setting}`]: value },
  });
  await world.elapse('30s');
  const hosts: string[] = [];
  world.betweenAws = (request, answer) => {
    hosts.push(new URL(request.url).host);
    return answer();
  };
  return { world, hosts };
}

it.each(cases)(
  'PREFECT_ECS_$rule crashes the run that breaks it, alone and before any call',
  async ({ rule, value, variables, says }) => {
    const { world, hosts } = await aWorld(rule, value);
    await using _ = world;
    const run = world.prefect.schedule(world.deployment, { jobVariables: variables });

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    const { message } = world.prefect.stateOf(run);
    expect(message).toContain(`infrastructure: NotAllowed: PREFECT_ECS_${rule} does not allow`);
    expect(message).toContain(says);
    expect(hosts).toEqual([]);
    const blockReads = world.prefect.calls.filter(({ operation }) => operation.includes('/block_'));
    expect(blockReads.length).toBe(rule === 'ALLOW_BLOCK_ENDPOINTS' ? 1 : 0);
  },
);

it.each(cases)(
  'Without PREFECT_ECS_$rule only endpoints are refused',
  async ({ rule, variables }) => {
    const { world, hosts } = await aWorld('', '');
    await using _ = world;
    const run = world.prefect.schedule(world.deployment, { jobVariables: variables });

    if (rule === 'ALLOWED_AWS_ENDPOINTS') {
      await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');
      expect(world.prefect.stateOf(run).message).toContain(
        'PREFECT_ECS_ALLOWED_AWS_ENDPOINTS does not allow',
      );
      expect(hosts).toEqual([]);
    } else {
      await world.until('AWS is called', () => hosts.length > 0, '2m');
      expect(new Set(hosts)).toEqual(
        new Set([rule === 'ALLOW_BLOCK_ENDPOINTS' ? 'evil.local' : 'aws.local']),
      );
    }
  },
);

it('A run refused by a rule does not block other runs', async () => {
  const { world } = await aWorld('ALLOWED_IMAGES', 'prefecthq/*');
  await using _ = world;
  const refused = world.prefect.schedule(world.deployment, { jobVariables: { image: 'evil/x' } });
  const other = world.prefect.schedule(world.deployment);

  await world.until(
    'both have ended',
    () => world.stateOf(refused) === 'Crashed' && world.tasksOf(other).length > 0,
  );

  expect(world.tasksOf(refused)).toEqual([]);
});

it('A definition named by a run is checked as ECS returns it, before RunTask', async () => {
  await using world = await World.start();
  const free = await world.startWorker({ name: 'free' });
  const first = world.prefect.schedule(world.deployment, {
    jobVariables: { image: 'evil/x', family: 'theirs' },
  });
  await world.until('it has ended', () => world.stateOf(first) === 'Completed');
  free.kill();

  await world.startWorker({
    name: 'strict',
    environment: { PREFECT_ECS_ALLOWED_IMAGES: 'mine/*' },
  });
  const run = world.prefect.schedule(world.deployment, {
    jobVariables: { task_definition_arn: 'theirs:1' },
  });
  await world.until('it is crashed', () => world.stateOf(run) === 'Crashed');

  expect(world.prefect.stateOf(run).message).toContain(
    "NotAllowed: PREFECT_ECS_ALLOWED_IMAGES does not allow the image 'evil/x' of container 'prefect'",
  );
  expect(world.tasksOf(run)).toEqual([]);
});
