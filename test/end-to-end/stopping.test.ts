import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { RealWorld } from './real-world.ts';

describe('A worker', () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('stopping');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('exits with 0 within two seconds of SIGTERM, and its tasks go on', async () => {
    const file = join(world.folder, 'go-on');
    const worker = await world.startWorker();
    const deployment = await world.deploy('waits_for');
    const id = await world.schedule(deployment, { file });
    await world.stateOf(id, 'RUNNING');
    const toldMs = systemClock.monotonicMs();

    worker.signal('SIGTERM');
    const exitCode = await worker.ended;
    const tookMs = systemClock.monotonicMs() - toldMs;
    const after = await world.read(id);
    await writeFile(file, '');
    const run = await world.stateOf(id, 'COMPLETED');

    expect(exitCode).toBe(0);
    expect(tookMs).toBeLessThan(2_000);
    expect(after.state_type).toBe('RUNNING');
    expect(run.state_type).toBe('COMPLETED');
  });

  it('exits by itself with --run-once, when the runs of its one poll have ended', async () => {
    const deployment = await world.deploy('three_tasks');
    const id = await world.schedule(deployment);

    const worker = await world.startWorker(['--run-once']);
    const exitCode = await worker.ended;

    expect(exitCode, worker.lines.join('\n')).toBe(0);
    expect((await world.read(id)).state_type).toBe('COMPLETED');
  });
});
