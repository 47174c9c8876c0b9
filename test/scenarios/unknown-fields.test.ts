import { expect, it } from 'vitest';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import {
  describedDefinition,
  unknownFields,
  type WrittenFields,
} from '../recorded/unknown-fields.ts';
import { World } from './world.ts';

type Template = { job_configuration: Record<'task_definition' | 'task_run_request', JsonObject> };

/** Starts a world whose pool has these keys in its template. */
async function worldWith(
  change: WrittenFields & { readonly defaults?: JsonObject },
): Promise<World> {
  const world = await World.start({ aws: { keepCalls: 100 } });
  if (change.defaults !== undefined) world.configurePool(change.defaults);
  // The built-in template is known to have this shape.
  const { job_configuration: job, ...rest } = structuredClone(
    world.template,
  ) as unknown as Template & JsonObject;
  const container = { image: '{{ image }}', ...change.container };
  world.prefect.updatePool('pool', {
    base_job_template: {
      ...rest,
      job_configuration: {
        ...job,
        task_definition:
          change.definition !== undefined && 'taskDefinition' in change.definition
            ? change.definition
            : { ...job.task_definition, containerDefinitions: [container], ...change.definition },
        task_run_request: { ...job.task_run_request, ...change.request },
      },
    },
  });
  return world;
}

it.each(unknownFields)(
  'A key unknown to AWS crashes the run before any call: %s',
  async (key, change, place, advice) => {
    await using world = await worldWith(change);
    await world.startWorker();
    await world.elapse('10s');
    const before = world.aws.calls().length;
    const [run = ''] = world.schedule();

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    const message = world.prefect.stateOf(run).message ?? '';
    expect(message).toContain(
      'infrastructure: ParamValidationError: Parameter validation failed:\n',
    );
    expect(message).toContain(`Unknown parameter in ${place}: "${key}", must be one of: `);
    expect(message).toContain(advice);
    expect(world.statesOf(run)).toEqual(['Scheduled', 'Pending', 'Crashed']);
    expect(
      world.aws
        .calls()
        .slice(before)
        .map(({ operation }) => operation)
        .filter((name) => /ecs:|ec2:/.test(name)),
    ).toEqual([]);
  },
);

it('A definition copied from AWS is registered without its read-only fields', async () => {
  await using world = await worldWith({ definition: describedDefinition });
  await world.startWorker();
  const [run = ''] = world.schedule();

  await world.until('it ended', () => world.stateOf(run) === 'Completed', '5m');

  const sent = sentTo(world, 'RegisterTaskDefinition');
  expect(Object.keys(sent).sort()).toEqual([
    'containerDefinitions',
    'cpu',
    'family',
    'memory',
    'networkMode',
    'requiresCompatibilities',
  ]);
});

it('An empty cluster is left out of RunTask', async () => {
  await using world = await worldWith({ request: { cluster: '' } });
  await world.startWorker();
  const [run = ''] = world.schedule();

  await world.until('it ended', () => world.stateOf(run) === 'Completed', '5m');

  expect(sentTo(world, 'RunTask')).not.toHaveProperty('cluster');
});

it('Unknown fields reach AWS when the setting allows them', async () => {
  await using world = await worldWith({
    definition: { quantumCores: { count: 3, of: ['a', 2.5, null] } },
    container: { entanglement: 'full' },
    request: { laterField: [{ x: true }] },
  });
  await world.startWorker({ environment: { PREFECT_ECS_ALLOW_UNKNOWN_AWS_FIELDS: 'true' } });
  const [run = ''] = world.schedule();

  await world.until('it ended', () => world.stateOf(run) === 'Completed', '5m');

  expect(sentTo(world, 'RegisterTaskDefinition')).toMatchObject({
    quantumCores: { count: 3, of: ['a', 2.5, null] },
    containerDefinitions: [{ entanglement: 'full' }],
  });
  expect(sentTo(world, 'RunTask')).toMatchObject({ laterField: [{ x: true }] });
});

it('A value of the wrong type is refused even when unknown fields are allowed', async () => {
  await using world = await worldWith({ request: { count: '1' } });
  await world.startWorker({ environment: { PREFECT_ECS_ALLOW_UNKNOWN_AWS_FIELDS: 'true' } });
  const [run = ''] = world.schedule();

  await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

  expect(world.prefect.stateOf(run).message).toContain('Invalid type for parameter count, ');
});

/** The body of the last call of this operation, as the local AWS parsed it. */
function sentTo(world: World, operation: string): JsonObject {
  const call = world.aws.calls().findLast((one) => one.operation === `ecs:${operation}`);
  return JsonRecord.parse(call?.input);
}
