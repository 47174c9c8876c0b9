import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

describe('A task with a StopTask call under way', () => {
  it.each([false, true])('delays no other task’s report (StopTask hangs: %s)', async (hangs) => {
    await using world = await World.start({
      aws: { delays: { provisioning: 100_000 } },
      story: () => ({ bootMs: 0, runsForMs: 100_000, ending: { kind: 'exits', exitCode: 3 } }),
    });
    await world.startWorker();
    const runs = world.schedule(5);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
    await world.elapse('40s');
    world.configurePool({ task_start_timeout_seconds: 30 });
    const [overdue = ''] = world.schedule();
    if (hangs) world.aws.faults.add({ operation: 'ecs:StopTask', fault: { kind: 'hang' } });
    const running = (): number =>
      world.aws.runningTasks().filter((task) => !task.startedBy?.includes(overdue)).length;
    await world.until('all have ended at ECS', () => running() === 0, '30m', '1s');
    const stoppedMs = world.clock.monotonicMs();

    await world.until(
      'all are Crashed',
      () => runs.every((run) => world.stateOf(run) === 'Crashed'),
      '30m',
      '1s',
    );

    expect((world.clock.monotonicMs() - stoppedMs) / 1000).toBeLessThan(30);
  });
});

describe('A worker paused between claim and RunTask', () => {
  it('stops its duplicate task', async () => {
    await using world = await World.start({
      aws: { delays: { provisioning: 10_000, pending: 10_000, deprovisioning: 30_000 } },
      story: () => ({ runsForMs: 1_200_000 }),
    });
    const first = await world.startWorker({ name: 'first' });
    let isFirst = true;
    world.betweenAws = async (request, answer) => {
      if (isFirst && request.headers.get('x-amz-target')?.endsWith('.RunTask') === true) {
        isFirst = false;
        first.outside.freeze();
        await first.outside.alive();
      }
      return answer();
    };
    const [run = ''] = world.schedule();
    await world.until('it is paused', () => !isFirst, '2m');
    world.aws.capacity.failNext(1);
    await world.startWorker({ name: 'second' });
    await world.until('it runs', () => world.stateOf(run) === 'Running', '20m');
    first.outside.thaw();
    await world.elapse('5m');

    expect(world.aws.runningTasks()).toHaveLength(1);
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '40m');
    await world.elapse('12m');
    expect(world.engine.executionsOf(run)).toHaveLength(1);
  });
});

describe('A task definition of `auto_deregister_task_definition`', () => {
  it('is deregistered once, when its last run has ended', async () => {
    await using world = await World.start({ story: () => ({ bootMs: 0, runsForMs: 60_000 }) });
    world.configurePool({ auto_deregister_task_definition: true });
    await world.startWorker();
    const deregistered = (): number => world.aws.callCounts()['ecs:DeregisterTaskDefinition'] ?? 0;
    const runs = world.schedule(3);
    await world.until(
      'they run',
      () => runs.every((run) => world.stateOf(run) === 'Running'),
      '10m',
    );
    expect(deregistered()).toBe(0);
    await world.until(
      'they are over',
      () => runs.every((run) => world.stateOf(run) === 'Completed'),
      '10m',
    );
    await world.elapse('2m');

    expect(deregistered()).toBe(1);
  });
});
