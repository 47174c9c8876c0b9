import { Answer } from '../../src/local/message.ts';
import { describe, expect, it } from 'vitest';
import { Disconnect } from '../../src/local/disconnect.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { World } from './world.ts';

const throttled = (): Answer =>
  Answer.json(400, { __type: 'ThrottlingException', message: 'Rate exceeded' });
const ill = (): Answer => Answer.json(500, { __type: 'ServerException', message: 'no' });

describe('Lost RunTask answers', () => {
  it('start no second task when up to six a launch are lost', async () => {
    await using world = await World.start({
      seed: 7,
      story: () => ({ bootMs: 1_000, runsForMs: 5_000 }),
    });
    const random = seededRandom(11);
    const toLose = new Map<string, number>();
    let lost = 0;
    world.betweenAws = async (request, answer) => {
      if (request.headers.get('x-amz-target')?.endsWith('.RunTask') !== true) return answer();
      // a body of RunTask always has this member
      const { clientToken } = JSON.parse(await request.text()) as { clientToken: string };
      const chance = random.next();
      if (chance < 0.1) return throttled();
      if (chance < 0.15) return ill();
      const left = toLose.get(clientToken) ?? Math.floor(random.next() * 7);
      toLose.set(clientToken, left - 1);
      const response = await answer();
      if (left <= 0) return response;
      lost += 1;
      throw new Disconnect('the answer is lost');
    };
    await world.startWorker();
    const runs = world.schedule(1_000);

    await world.until(
      'all runs are over',
      () => runs.every((run) => world.stateOf(run) === 'Completed'),
      '30m',
      '5s',
    );
    await world.elapse('2m');

    expect(lost).toBeGreaterThan(800);
    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
    expect(runs.filter((run) => world.engine.executionsOf(run).length !== 1)).toEqual([]);
    expect(runs.filter((run) => world.statesOf(run).includes('Crashed'))).toEqual([]);
  });
});
