import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './processes.ts';
import { RealWorld } from './real-world.ts';

/** Empty values count as unset, and hide any credentials of the machine itself. */
const noCredentials = {
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const noRegion = { AWS_REGION: '', AWS_DEFAULT_REGION: '' };

describe('A worker without AWS access', () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('no-aws-access');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('crashes a run with one clear line when no region is set, and lives on', async () => {
    await using worker = await world.startWorker([], noRegion);
    const deployment = await world.deploy('three_tasks');

    const first = await world.stateOf(await world.schedule(deployment), 'CRASHED');
    const second = await world.stateOf(await world.schedule(deployment), 'CRASHED');

    const message =
      /^Failed to submit flow run to infrastructure: NoRegionError: You must specify a region: set AWS_REGION/;
    expect([first, second].map((run) => run.state?.message)).toEqual([
      expect.stringMatching(message),
      expect.stringMatching(message),
    ]);
    expect(first.state?.message).not.toContain('\n');
    expect(worker.lines.join('\n')).not.toMatch(/^ {4}at /m);
  });

  it('leaves a run scheduled when it has no credentials, and logs why', async () => {
    await using worker = await world.startWorker([], noCredentials);
    const run = await world.schedule(await world.deploy('three_tasks'));

    const why =
      'This flow run is on hold: AWS credentials are temporarily unavailable (Unable to locate';
    await until('its log to name the reason', 20_000, async () =>
      (await world.logsOf(run)).some((line) => line.startsWith(why)) ? true : undefined,
    );

    expect((await world.read(run)).state?.type).toBe('SCHEDULED');
    expect(worker.lines.join('\n')).not.toMatch(/^ {4}at /m);
  });
});
