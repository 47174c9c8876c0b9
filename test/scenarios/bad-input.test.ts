import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import type { Json, JsonObject } from '../../src/kernel/json.ts';
import { casesOf, readJson } from '../vectors/cases.ts';
import { Answer } from '../../src/local/message.ts';
import { World } from './world.ts';

const Variables = z.object({ job_variables: JsonRecord.nullish() });
const PayloadCase = z.object({
  bundle: z.object({
    work_pool: z.object({ base_job_template: JsonRecord }),
    deployment: Variables.nullable(),
    flow_run: Variables,
    block_documents: z
      .array(
        z.object({
          name: z.string(),
          data: JsonRecord,
          block_type: z.object({ slug: z.string() }),
        }),
      )
      .nullish(),
    aws: z.looseObject({ task_definitions: z.array(z.unknown()).nullish() }).nullish(),
    worker: z.object({ environment: z.record(z.string(), z.string()) }),
  }),
  expect: z.object({
    error: z.object({ name: z.string().nullable(), contains: z.array(z.string()) }).nullable(),
  }),
});

/** The vectors whose error follows from the job alone, without an answer of AWS. */
const wrong = ['validators', 'definition', 'launch', 'request', 'blocks', 'merging'].flatMap(
  (group) =>
    casesOf(group, PayloadCase).flatMap(({ id, bundle, expect: { error } }) =>
      error === null || (bundle.aws?.task_definitions ?? []).length > 0
        ? []
        : [{ id, bundle, error }],
    ),
);

/**
 * The vectors' messages again, now through a worker: it must crash the one run and go on with
 * others (worker.md 0.1, 3).
 */
describe('A run with an invalid configuration', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '123456789012');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('is covered for each validator and each template mistake', () => {
    expect(wrong.length).toBeGreaterThanOrEqual(20);
  });

  it.each(wrong)('crashes with the message of the contract: $id', async ({ bundle, error }) => {
    await using world = await World.start();
    const template = bundle.work_pool.base_job_template;
    const file = template['$file'];
    world.prefect.updatePool('pool', {
      base_job_template: typeof file === 'string' ? JsonRecord.parse(readJson(file)) : template,
    });
    for (const { name, data, block_type: type } of bundle.block_documents ?? [])
      world.prefect.createBlock(type.slug, name, data);
    const deployment = world.prefect.createDeployment({
      pool: 'pool',
      name: 'wrong',
      jobVariables: bundle.deployment?.job_variables ?? {},
    });
    await world.startWorker({
      environment: { ...bundle.worker.environment, PREFECT_API_URL: 'http://prefect.local/api' },
    });
    const run = world.prefect.schedule(deployment, {
      jobVariables: bundle.flow_run.job_variables ?? {},
    });

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    const message = world.prefect.stateOf(run).message ?? '';
    expect(message).toMatch(/^Failed to submit flow run to infrastructure: /);
    if (error.name !== null) expect(message).toContain(`infrastructure: ${error.name}: `);
    for (const words of error.contains) expect(message).toContain(words);
    expect(world.aws.callCounts()['ecs:RunTask']).toBeUndefined();
  });
});

describe('A run whose author exceeds a bound', () => {
  const some = (count: number, name: (at: number) => string): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), '1']));

  it.each<[string, JsonObject, string]>([
    [
      'values',
      { x: some(200_000, (at) => `n${at}`) },
      "'x' makes the flow run's job variables too large",
    ],
    [
      'job variables',
      some(20_000, (at) => `n${at}`),
      "The flow run's job variables number 20,000, but at most 10,000 are allowed",
    ],
    [
      'levels',
      { x: JSON.parse('['.repeat(200) + ']'.repeat(200)) as Json },
      'nested more than 64 levels deep',
    ],
    [
      'variables',
      { env: some(8_000, (at) => `N${at}`) },
      'The container overrides of this run have',
    ],
    ['dotted keys', some(4_000, (at) => `env.N${at}`), 'The container overrides of this run have'],
  ])('crashes alone when it has too many or too deep %s', async (_what, jobVariables, words) => {
    await using world = await World.start();
    await world.startWorker();
    const run = world.prefect.schedule(world.deployment, { jobVariables });
    const other = world.prefect.schedule(world.deployment);

    await world.until(
      'both have ended',
      () => [run, other].every((id) => /Cr|Co/.test(world.stateOf(id))),
      '10m',
    );

    expect([world.stateOf(run), world.stateOf(other)]).toEqual(['Crashed', 'Completed']);
    expect(world.prefect.stateOf(run).message).toContain(words);
  });

  it('is launched despite a long name or large parameters', async () => {
    await using world = await World.start();
    await world.startWorker();
    const named = world.prefect.schedule(world.deployment, {
      jobVariables: { name: `{{ ${'a'.repeat(60_000)}` },
    });
    const parametrized = world.prefect.schedule(world.deployment, {
      parameters: { list: Array.from({ length: 200_000 }, () => []) },
    });

    await world.until(
      'both have ended',
      () => [named, parametrized].every((id) => /Cr|Co/.test(world.stateOf(id))),
      '10m',
    );

    expect([named, parametrized].map((id) => world.stateOf(id))).toEqual([
      'Completed',
      'Completed',
    ]);
  });
});

describe('RunTask that returns neither a task nor a failure', () => {
  it('is called three times, then crashes its run with the message of the contract', async () => {
    await using world = await World.start();
    world.betweenAws = async (request, answer) =>
      request.headers.get('x-amz-target')?.endsWith('.RunTask') === true
        ? new Answer(200, '{"tasks":[],"failures":[]}', {
            'content-type': 'application/x-amz-json-1.1',
          })
        : answer();
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '6m');

    expect(world.prefect.stateOf(run).message).toBe(
      'Failed to submit flow run to infrastructure: RuntimeError: Failed to run ECS task: no tasks or failures were returned.',
    );
  });
});

describe('The debug log of a launch', () => {
  it('shows the task definition and the request, without secrets', async () => {
    await using world = await World.start();
    world.configurePool({ env: { DB_PASSWORD: 'hunter2222' } });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it is over', () => world.stateOf(run) === 'Completed');

    const debug = world.log.filter((line) => / debug Task definition \{/.test(line));
    expect(debug).toHaveLength(1);
    expect(debug[0]).toContain('"family":"prefect_pool_');
    expect(world.log.join('\n')).not.toContain('hunter2222');
  });
});

it('A run whose cluster is empty is launched in the default cluster', async () => {
  await using world = await World.start();
  world.configurePool({ cluster: '' });
  await world.startWorker();
  const run = world.prefect.schedule(world.deployment, { jobVariables: { cluster: '' } });
  await world.until('it is over', () => world.stateOf(run) === 'Completed');

  expect(world.tasksOf(run)).toMatchObject([
    { taskArn: expect.stringContaining(':task/default/') },
  ]);
});
