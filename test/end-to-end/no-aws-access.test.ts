import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RealWorld } from './real-world.ts';

/** An empty value is as good as none, and nothing of the machine's own is asked. */
const noCredentials = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
const noRegion = { AWS_REGION: '', AWS_DEFAULT_REGION: '' };

describe('a worker that AWS does not know', () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('no-aws-access');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it.each([
    [
      'credentials',
      noCredentials,
      /^Failed to submit flow run to infrastructure: NoCredentialsError: Unable to locate credentials .*Set AWS_ACCESS_KEY_ID/,
    ],
    [
      'region',
      noRegion,
      /^Failed to submit flow run to infrastructure: NoRegionError: You must specify a region: set AWS_REGION/,
    ],
  ])(
    'crashes its runs with one clear line for want of %s, and lives',
    async (_what, environment, message) => {
      await using worker = await world.startWorker([], environment);
      const deployment = await world.deploy('three_tasks');

      const first = await world.stateOf(await world.schedule(deployment), 'CRASHED');
      const second = await world.stateOf(await world.schedule(deployment), 'CRASHED');

      expect([first, second].map((run) => run.state?.message)).toEqual([
        expect.stringMatching(message),
        expect.stringMatching(message),
      ]);
      expect(first.state?.message).not.toContain('\n');
      expect(worker.lines.join('\n')).not.toMatch(/^ {4}at /m);
    },
  );
});
