import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { ask } from './ask.test-support.ts';
import { LocalPrefect } from './local-prefect.ts';

describe('After a deletion,', () => {
  let time: ManualClock;
  let prefect: LocalPrefect;

  beforeEach(() => {
    time = new ManualClock('2030-01-01T00:00:00.000Z');
    prefect = new LocalPrefect({ clock: time, random: seededRandom(1) });
    prefect.createPool('p');
  });
  afterEach(() => prefect[Symbol.asyncDispose]());

  it('a deployment’s scheduled runs are gone, and its claimed runs are left', async () => {
    const deployment = prefect.createDeployment({ pool: 'p' });
    const scheduled = prefect.schedule(deployment);
    const pending = prefect.schedule(deployment);
    const running = prefect.schedule(deployment);
    prefect.setState(pending, 'PENDING');
    prefect.setState(running, 'PENDING');
    prefect.setState(running, 'RUNNING');

    await ask(prefect, 'DELETE', `/deployments/${deployment.id}`);

    expect(await ask(prefect, 'GET', `/deployments/${deployment.id}`)).toEqual({
      status: 404,
      body: { detail: 'Deployment not found' },
    });
    expect((await ask(prefect, 'GET', '/nope')).body).toEqual({ detail: 'Not Found' });
    expect((await ask(prefect, 'GET', `/flow_runs/${scheduled}`)).status).toBe(404);
    for (const run of [pending, running])
      expect(prefect.run(run)).toMatchObject({ deployment_id: deployment.id });
  });

  it('a pool that is created again has none of its earlier runs', async () => {
    const run = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
    prefect.setState(run, 'PENDING');
    prefect.heartbeat('p', 'w');

    prefect.deletePool('p');
    prefect.createPool('p');

    const { body } = await ask(prefect, 'GET', `/flow_runs/${run}`);
    expect(body).toMatchObject({
      state_name: 'Pending',
      work_pool_name: null,
      work_queue_id: null,
    });
    const ofPool = { work_pools: { name: { any_: ['p'] } } };
    expect((await ask(prefect, 'POST', '/flow_runs/filter', ofPool)).body).toEqual([]);
    expect(prefect.workers('p')).toEqual([]);
  });

  it('a worker’s next heartbeat creates another record', async () => {
    const first = prefect.heartbeat('p', 'w');
    await time.elapse(30_000);
    const renewed = prefect.heartbeat('p', 'w');
    prefect.deleteWorker('p', 'w');
    expect(prefect.workers('p')).toEqual([]);
    await time.elapse(30_000);
    const made = prefect.heartbeat('p', 'w');

    expect(renewed).toMatchObject({ id: first.id, created: first.created });
    expect(renewed.last_heartbeat_time > first.last_heartbeat_time).toBe(true);
    expect(made.id).not.toBe(first.id);
    expect(made.created > first.created).toBe(true);
  });

  it('workers are listed in pages of 200, the newest heartbeat first', async () => {
    for (let at = 0; at < 250; at += 1) {
      await time.elapse(1);
      prefect.heartbeat('p', `w${at}`);
    }
    const page = async (body: unknown) => {
      const { body: workers } = await ask(prefect, 'POST', '/work_pools/p/workers/filter', body);
      return { first: workers[0], count: workers.length };
    };

    expect(await page({})).toMatchObject({ first: { name: 'w249' }, count: 200 });
    expect(await page({ offset: 200 })).toMatchObject({ first: { name: 'w49' }, count: 50 });
    expect(
      (await ask(prefect, 'POST', '/work_pools/p/workers/filter', { limit: 201 })).status,
    ).toBe(422);
  });

  it('runs are found in pages by time, and by name and type of their state together', async () => {
    const deployment = prefect.createDeployment({ pool: 'p' });
    const runs = [0, 1, 2, 3].map((inSeconds) => prefect.schedule(deployment, { inSeconds }));
    const find = async (flow_runs: unknown, limit: number): Promise<readonly unknown[]> => {
      const search = { flow_runs, sort: 'EXPECTED_START_TIME_ASC', limit };
      const { body } = await ask(prefect, 'POST', '/flow_runs/filter', search);
      return runs.filter((run) => JSON.stringify(body).includes(`"id":"${run}"`));
    };
    const states = (name: string, type: string) => ({
      state: { name: { any_: [name] }, type: { any_: [type] } },
    });

    expect(await find({}, 2)).toEqual(runs.slice(0, 2));
    const after = { expected_start_time: { after_: '2030-01-01T00:00:01Z' } };
    expect(await find(after, 2)).toEqual(runs.slice(1, 3));
    expect(await find(states('Scheduled', 'SCHEDULED'), 9)).toEqual(runs);
    expect(await find(states('Scheduled', 'RUNNING'), 9)).toEqual([]);
  });
});
