import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RealWorld } from './real-world.ts';

/** The eleven tags of a deployment's run (worker.md 1.5). */
const expectedTags = [
  'prefect.io/deployment-id',
  'prefect.io/deployment-name',
  'prefect.io/deployment-updated',
  'prefect.io/flow-id',
  'prefect.io/flow-name',
  'prefect.io/flow-run-id',
  'prefect.io/flow-run-name',
  'prefect.io/version',
  'prefect.io/work-pool-id',
  'prefect.io/work-pool-name',
  'prefect.io/worker-name',
];

describe('A flow run on a real Prefect server', () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('outcomes');
    await world.startWorker(['--name', 'outcome worker']);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('completes with logs, identifier and tagged task', async () => {
    const deployment = await world.deploy('three_tasks');

    const id = await world.schedule(deployment, { amount: 4 });
    const run = await world.stateOf(id, 'COMPLETED');

    await world.logLine(id, 'loaded a total of 12');
    await world.logLine(id, `Flow run '${run.name}' submitted to infrastructure`);
    expect(run.infrastructure_pid).toMatch(
      /^arn:aws:ecs:[^:]+:\d{12}:cluster\/default::arn:aws:ecs:[^:]+:\d{12}:task\//,
    );
    const taskArn = run.infrastructure_pid?.split('::').slice(1).join('::') ?? '';
    const task = (await world.awsTasks()).find((candidate) => candidate.taskArn === taskArn);
    expect(task?.tags.map((tag) => tag.key).sort()).toEqual(expectedTags);
    expect(task?.tags).toContainEqual({ key: 'prefect.io/flow-run-id', value: id });
  });

  it('fails when its flow raises, and frees its slot', async () => {
    const deployment = await world.deploy('raises');

    const run = await world.stateOf(await world.schedule(deployment), 'FAILED');

    expect(run.state?.message).toContain('this flow fails on purpose');
  });

  it('crashes with the exact message when its container dies before reaching Prefect', async () => {
    const deployment = await world.deploy('three_tasks', {
      name: 'dies-early',
      jobVariables: { command: `sh -c "echo too early; exit 3"` },
    });

    const run = await world.stateOf(await world.schedule(deployment), 'CRASHED');

    expect(run.state?.message).toMatch(
      /^Flow run infrastructure exited with non-zero status code 3\. Process exited with an unexpected status code\. \[ecs\.[a-z_.]+\] /,
    );
  });

  it('crashes with CannotPullContainerError when its image does not exist', async () => {
    const deployment = await world.deploy('three_tasks', {
      name: 'no-image',
      jobVariables: { image: 'example/none:1' },
    });

    const run = await world.stateOf(await world.schedule(deployment), 'CRASHED');

    expect(run.state?.message).toMatch(
      /^Failed to submit flow run to infrastructure: TaskFailedToStart: CannotPullContainerError/,
    );
  });

  it('crashes, but not its worker, over a placeholder without a value', async () => {
    const deployment = await world.deploy('three_tasks', {
      name: 'missing-block',
      jobVariables: { env: { TOKEN: '{{ prefect.blocks.secret.nobody }}' } },
    });

    const run = await world.stateOf(await world.schedule(deployment), 'CRASHED');

    expect(run.state?.message).toContain("Block not found: 'nobody' of type 'secret'.");
  });

  it('crashes, but not its worker, over malformed job variables', async () => {
    const deployment = await world.deploy('three_tasks', {
      name: 'bad-network',
      jobVariables: { network_configuration: { subnets: ['subnet-1'] } },
    });

    const run = await world.stateOf(await world.schedule(deployment), 'CRASHED');

    expect(run.state?.message).toContain(
      'You must provide a `vpc_id` to enable custom `network_configuration`.',
    );
  });

  it('leaves no task running', async () => {
    const alive = z
      .array(z.looseObject({ lastStatus: z.string() }))
      .parse(await world.awsTasks())
      .filter((task) => task.lastStatus === 'RUNNING');

    expect(alive).toEqual([]);
  });
});
