import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from './world.ts';

const stubborn: WorldOptions = {
  story: () => ({ runsForMs: 3_600_000, onSigterm: 'ignores', watchesCancellation: false }),
};
const cluster = 'arn:aws:ecs:us-east-1:123456789012:cluster/default';

const linesWith = (world: World, text: string): readonly string[] =>
  world.log.filter((line) => line.includes(text));

/** Cancels a run while ECS answers StopTask with this error. */
async function cancelledWhile(world: World, code: string, message: string): Promise<string> {
  await world.startWorker();
  const [run = ''] = world.schedule();
  await world.until('it runs', () => world.stateOf(run) === 'Running');
  world.aws.faults.add({
    operation: 'ecs:StopTask',
    fault: { kind: 'error', status: 400, code, message },
  });
  world.prefect.cancel(run);
  return run;
}

describe('A cancellation for which ECS finds nothing to stop', () => {
  it.each([
    [
      'ClusterNotFoundException',
      'Cluster not found.',
      () => `the cluster '${cluster}' could not be found.`,
    ],
    [
      'InvalidParameterException',
      'The referenced task was not found.',
      (task: string) => `the task '${task}' could not be found in cluster '${cluster}'.`,
    ],
    [
      'ClientException',
      'Could not find task.',
      (task: string) => `the task '${task}' could not be found in cluster '${cluster}'.`,
    ],
    [
      'ClientException',
      'There are no registered tasks.',
      () => `the cluster '${cluster}' has no tasks.`,
    ],
  ])(
    'completes and logs what was not found, not that it stopped a task: %s %s',
    async (code, message, words) => {
      await using world = await World.start({
        ...stubborn,
        leaves: { all: 'ECS denies a task that lives' },
      });
      const run = await cancelledWhile(world, code, message);
      await world.until('it is cancelled', () => world.stateOf(run) === 'Cancelled', '10m');

      const told = `Cannot stop ECS task: ${words(world.tasksOf(run)[0]?.taskArn ?? '')}`;
      expect(linesWith(world, 'Cannot stop ECS task')).toEqual([expect.stringContaining(told)]);
      expect(linesWith(world, 'Stopped ECS task')).toEqual([]);
    },
  );

  it('is told apart from a missing permission and from an invalid request', async () => {
    for (const [code, message, isAboutRights] of [
      ['AccessDeniedException', 'User: x is not authorized to perform: ecs:StopTask', true],
      ['InvalidParameterException', 'Identifier is for cluster a. Your cluster is b', false],
    ] as const) {
      await using world = await World.start({
        ...stubborn,
        leaves: { all: 'StopTask is denied until the end' },
      });
      await cancelledWhile(world, code, message);
      await world.elapse('3m');

      const [line = ''] = linesWith(world, 'Could not stop ECS task');
      expect(line).toContain(message);
      expect(line.includes('grant ecs:StopTask')).toBe(isAboutRights);
      expect(linesWith(world, 'Cannot stop ECS task')).toEqual([]);
    }
  });
});

describe('A Cancelling run that no worker follows', () => {
  const away = { leaves: { all: 'no worker made its claim' } } as const;

  it('becomes Cancelled as soon as a worker learns of it, if it has no identifier', async () => {
    await using world = await World.start(away);
    await world.startWorker();
    await world.elapse('30s');
    const run = world.prefect.schedule(world.deployment, { at: '2040-01-01T00:00:00Z' });

    world.prefect.setState(run, 'RUNNING', { force: true });
    world.prefect.setState(run, 'CANCELLING');
    expect(world.stateOf(run)).toBe('Cancelling');
    await world.elapse('10s');

    expect(world.stateOf(run)).toBe('Cancelled');
  });

  it('is logged and becomes Cancelled, if its identifier names no task', async () => {
    await using world = await World.start(away);
    await world.startWorker();
    await world.elapse('30s');
    const run = world.prefect.schedule(world.deployment, { at: '2040-01-01T00:00:00Z' });
    world.prefect.setState(run, 'PENDING', { force: true });
    const named = { ...world.prefect.run(run), infrastructure_pid: 'some-host:4711' };
    world.prefect.world.runs.put(named, world.prefect.world.now());

    world.prefect.setState(run, 'CANCELLING', { force: true });
    await world.elapse('7m');

    expect(world.stateOf(run)).toBe('Cancelled');
    expect(
      linesWith(world, "Infrastructure identifier 'some-host:4711' is not an ECS task."),
    ).not.toEqual([]);
  });
});
