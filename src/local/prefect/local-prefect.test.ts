import type { Answer as HttpAnswer } from '../message.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { ask } from './ask.test-support.ts';
import { parsePrefectFaultRule } from './fault-rule.ts';
import { LocalPrefect, type LocalPrefectOptions } from './local-prefect.ts';

const clock = (): ManualClock => new ManualClock('2030-01-01T00:00:00.000Z');

describe('The local Prefect', () => {
  let time: ManualClock;
  let prefect: LocalPrefect;
  const start = (options: Partial<LocalPrefectOptions> = {}): LocalPrefect =>
    new LocalPrefect({ clock: time, random: seededRandom(1), ...options });

  beforeEach(() => {
    time = clock();
    prefect = start();
  });
  afterEach(() => prefect[Symbol.asyncDispose]());

  it('offers a due run, accepts one worker’s claim, and refuses a second one', async () => {
    prefect.createPool('p');
    const id = prefect.schedule(prefect.createDeployment({ pool: 'p' }));

    const poll = await ask(prefect, 'POST', '/work_pools/p/get_scheduled_flow_runs', {
      scheduled_before: '2030-01-01 00:00:10.000000+00:00',
    });
    const pending = {
      state: {
        type: 'PENDING',
        state_details: { transition_id: '6f1b1c1e-0000-4000-8000-000000000001' },
      },
    };
    const first = await ask(prefect, 'POST', `/flow_runs/${id}/set_state`, pending);
    const repeated = await ask(prefect, 'POST', `/flow_runs/${id}/set_state`, pending);
    const second = await ask(prefect, 'POST', `/flow_runs/${id}/set_state`, {
      state: { type: 'PENDING' },
    });
    const progress = await ask(prefect, 'POST', `/flow_runs/${id}/set_state`, {
      state: { type: 'PENDING', name: 'Submitting' },
    });

    expect(poll.body).toMatchObject([{ flow_run: { id, state: null, state_type: 'SCHEDULED' } }]);
    expect([first.status, first.body['status']]).toEqual([201, 'ACCEPT']);
    expect([repeated.status, repeated.body['status']]).toEqual([200, 'REJECT']);
    expect(second.body['details']).toMatchObject({
      reason: 'This run is in a PENDING state and cannot transition to a PENDING state.',
    });
    expect(progress.body['status']).toBe('ACCEPT');
    expect(prefect.history(id).map((state) => state.name)).toEqual([
      'Scheduled',
      'Pending',
      'Submitting',
    ]);
  });

  it('refuses clients without its secret, before faults, counts and its own paths', async () => {
    await using other = start({ authString: 'user:secret' });
    other.faults.add(
      parsePrefectFaultRule({ operation: '*', fault: { kind: 'error', status: 503 }, times: 1 }),
    );
    const control = async (method: string, path: string, login?: string): Promise<number> => {
      const headers = login === undefined ? {} : { authorization: `Basic ${btoa(login)}` };
      const url = `http://prefect.local/_local/${path}`;
      return (await other.handle(new Request(url, { method, headers }))).status;
    };
    const filter = (login: string) =>
      ask(other, 'POST', '/flow_runs/filter', {}, { authorization: `Basic ${btoa(login)}` });

    expect((await ask(other, 'POST', '/flow_runs/filter', {})).status).toBe(401);
    expect(
      (await ask(other, 'POST', '/flow_runs/filter', {}, { authorization: 'Bearer user:secret' }))
        .status,
    ).toBe(401);
    expect((await filter('user:secre')).status).toBe(401);
    expect(await control('DELETE', 'faults')).toBe(401);
    expect(await control('GET', 'calls', 'user:wrong')).toBe(401);
    expect(await control('GET', 'health')).toBe(200);
    expect(other.callCounts()).toEqual({});

    expect((await filter('user:secret')).status).toBe(503);
    expect((await filter('user:secret')).status).toBe(200);
    expect(await control('GET', 'calls', 'user:secret')).toBe(200);
  });

  it('marks no run late when that is turned off', async () => {
    await using other = new LocalPrefect({ clock: time, random: seededRandom(2), lateRuns: false });
    other.createPool('p');
    const run = other.schedule(other.createDeployment({ pool: 'p' }));

    await time.elapse(60_000);

    expect(other.stateOf(run).name).toBe('Scheduled');
  });

  it('marks runs late and workers offline, and ends overdue cancellations', async () => {
    prefect.createPool('p');
    const deployment = prefect.createDeployment({ pool: 'p' });
    const late = prefect.schedule(deployment);
    const cancelling = prefect.schedule(deployment);
    prefect.setState(cancelling, 'PENDING');
    prefect.cancel(cancelling);
    await ask(prefect, 'POST', '/work_pools/p/workers/heartbeat', {
      name: 'w',
      heartbeat_interval_seconds: 30,
    });

    await time.elapse(20_000);
    expect(prefect.stateOf(late).name).toBe('Late');
    expect(prefect.workers('p')[0]?.status).toBe('ONLINE');
    await time.elapse(100_000);
    expect(prefect.workers('p')[0]?.status).toBe('OFFLINE');
    expect(prefect.stateOf(cancelling).type).toBe('CANCELLING');
    await time.elapse(200_000);
    expect(prefect.stateOf(cancelling)).toMatchObject({
      type: 'CANCELLED',
      message: 'Flow run cancellation timed out; marked this flow run as Cancelled.',
    });
  });

  it('holds a deployment’s slot with a lease that expires', async () => {
    prefect.createPool('p');
    const deployment = prefect.createDeployment({ pool: 'p', concurrencyLimit: 1 });
    const [one, two] = [prefect.schedule(deployment), prefect.schedule(deployment)];

    const claimed = prefect.setState(one, 'PENDING');
    const lease = claimed.state?.state_details.deployment_concurrency_lease_id;
    expect(prefect.setState(two, 'PENDING').state?.name).toBe('AwaitingConcurrencySlot');
    await time.elapse(200_000);
    const renew = `/v2/concurrency_limits/leases/${lease}/renew`;
    expect((await ask(prefect, 'POST', renew, { lease_duration: 300 })).status).toBe(204);
    await time.elapse(330_000);
    expect((await ask(prefect, 'POST', renew, { lease_duration: 300 })).status).toBe(410);
    expect(prefect.setState(two, 'PENDING').status).toBe('ACCEPT');
    expect(prefect.setState(one, 'RUNNING').state).toMatchObject({ type: 'CANCELLED' });
  });

  it('accepts JSON as deeply nested as the real server does, and still answers polls', async () => {
    prefect.createPool('p');
    const { id } = prefect.createDeployment({ pool: 'p' });
    const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    const schedule = async (value: unknown): Promise<number> => {
      const body = {
        parameters: { x: value, text: '\\"[[['.repeat(300) },
        state: { type: 'SCHEDULED' },
      };
      return (await ask(prefect, 'POST', `/deployments/${id}/create_flow_run`, body)).status;
    };

    expect([await schedule(nested(254)), await schedule(nested(255))]).toEqual([201, 500]);
    expect([
      await schedule(nested(951)),
      await schedule(nested(952)),
      await schedule(nested(2_000)),
    ]).toEqual([500, 400, 400]);
    expect((await ask(prefect, 'POST', '/work_pools/p/get_scheduled_flow_runs', {})).status).toBe(
      200,
    );
  });

  it('injects faults in Prefect’s own form', async () => {
    prefect.createPool('p');
    const id = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
    prefect.faults.add({
      operation: 'GET /flow_runs/{id}',
      fault: { kind: 'error', status: 503 },
      times: 1,
    });
    prefect.faults.add({ operation: 'GET /flow_runs/{id}', fault: { kind: 'throttle' }, times: 1 });
    prefect.rejectNext('Pending');

    expect(await ask(prefect, 'GET', `/flow_runs/${id}`)).toEqual({
      status: 503,
      body: { exception_message: 'Service Unavailable' },
    });
    expect((await ask(prefect, 'GET', `/flow_runs/${id}`)).status).toBe(429);
    expect((await ask(prefect, 'GET', `/flow_runs/${id}`)).status).toBe(200);
    expect(prefect.setState(id, 'PENDING').status).toBe('REJECT');
    expect(prefect.setState(id, 'PENDING').status).toBe('ACCEPT');
    expect(prefect.callCounts()).toEqual({ 'GET /flow_runs/{id}': 3 });
  });

  it.each([
    [{ kind: 'error', status: 404 }, { detail: 'Not Found' }],
    [
      { kind: 'error', status: 404, message: 'Deployment not found' },
      { detail: 'Deployment not found' },
    ],
    [{ kind: 'html', status: 404 }, undefined],
  ] as const)('answers 404 as a framework, as Prefect, or as a proxy: %j', async (fault, body) => {
    const rule = { operation: 'GET /deployments/{id}', fault };
    prefect.faults.add(parsePrefectFaultRule(rule));
    const url = 'http://prefect.local/api/deployments/6f1b1c1e-0000-4000-8000-000000000001';

    const answer = await prefect.handle(new Request(url));

    expect(answer.status).toBe(404);
    if (body === undefined) expect(answer.body).toContain('<h1>404 Not Found</h1>');
    else expect(await answer.json()).toEqual(body);
  });

  it('returns an older state for a stale fault', async () => {
    prefect.createPool('p');
    const id = prefect.schedule(prefect.createDeployment({ pool: 'p' }), { inSeconds: 60 });
    await time.elapse(10_000);
    prefect.setState(id, 'PENDING');
    prefect.faults.add({ operation: 'GET /flow_runs/*', fault: { kind: 'stale', ms: 5_000 } });

    expect((await ask(prefect, 'GET', `/flow_runs/${id}`)).body['state_type']).toBe('SCHEDULED');
    await time.elapse(6_000);
    expect((await ask(prefect, 'GET', `/flow_runs/${id}`)).body['state_type']).toBe('PENDING');
  });

  it('requires the whole auth string, except for its health', async () => {
    await prefect[Symbol.asyncDispose]();
    prefect = start({ authString: 'user:secret' });

    const right = { authorization: `Basic ${Buffer.from('user:secret').toString('base64')}` };
    expect((await ask(prefect, 'GET', '/health')).status).toBe(200);
    expect(await ask(prefect, 'GET', '/version')).toEqual({
      status: 401,
      body: { exception_message: 'Unauthorized' },
    });
    expect((await ask(prefect, 'GET', '/version', undefined, right)).status).toBe(200);
  });

  it('requires the client’s CSRF token for writes', async () => {
    await prefect[Symbol.asyncDispose]();
    prefect = start({ csrf: true });

    const pool = { name: 'p', type: 'ecs' };
    expect((await ask(prefect, 'POST', '/work_pools/', pool)).body['detail']).toBe(
      'Missing CSRF token.',
    );
    const { body } = await ask(prefect, 'GET', '/csrf-token?client=me');
    const headers = { 'prefect-csrf-token': String(body['token']), 'prefect-csrf-client': 'me' };
    expect((await ask(prefect, 'POST', '/work_pools/', pool, headers)).status).toBe(201);
    await time.elapse(3_601_000);
    const late = await ask(prefect, 'POST', '/work_pools/', { ...pool, name: 'q' }, headers);
    expect(late.body['detail']).toBe('Invalid CSRF token or client identifier.');
  });

  it('lacks what an older server lacks', async () => {
    await prefect[Symbol.asyncDispose]();
    prefect = start({ version: '3.1.0' });
    const { body: created } = await ask(prefect, 'POST', '/work_pools/', {
      name: 'p',
      type: 'ecs',
    });
    const id = prefect.schedule(prefect.createDeployment({ pool: 'p', concurrencyLimit: 1 }));

    expect(created).not.toHaveProperty('storage_configuration');
    expect(created).not.toHaveProperty('active_slots');
    expect((await ask(prefect, 'PATCH', `/flow_runs/${id}/labels`, { a: 1 })).status).toBe(404);
    expect((await ask(prefect, 'GET', '/admin/version')).body).toBe('3.1.0');
    expect(
      prefect.setState(id, 'PENDING').state?.state_details.deployment_concurrency_lease_id,
    ).toBeNull();
    expect(prefect.setState(id, 'PENDING', { name: 'Submitting' }).status).toBe('ABORT');
  });

  it('can be controlled by its endpoints, too', async () => {
    const control = (method: string, path: string, body?: unknown): Promise<HttpAnswer> =>
      prefect.handle(
        new Request(`http://prefect.local${path}`, {
          method,
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      );
    const rule = { operation: 'GET /version', fault: { kind: 'html' } };

    expect((await control('POST', '/_local/faults', rule)).status).toBe(200);
    expect((await control('POST', '/_local/faults', { operation: 'x' })).status).toBe(400);
    expect((await prefect.handle(new Request('http://prefect.local/api/version'))).status).toBe(
      502,
    );
    expect((await control('DELETE', '/_local/faults')).status).toBe(204);
    expect((await prefect.handle(new Request('http://prefect.local/api/version'))).status).toBe(
      200,
    );
    expect(await (await control('GET', '/_local/calls')).json()).toEqual({ 'GET /version': 2 });
  });

  it('gives the same answers to the same calls, byte for byte', async () => {
    const story = async (): Promise<unknown> => {
      const mine = clock();
      await using other = new LocalPrefect({
        clock: mine,
        random: seededRandom(7),
        recordBodies: true,
      });
      other.createPool('p');
      const deployment = other.createDeployment({ pool: 'p' });
      other.faults.add({ operation: '*', fault: { kind: 'throttle' }, probability: 0.3 });
      for (let at = 0; at < 20; at += 1) {
        const id = other.schedule(deployment);
        await ask(other, 'POST', '/work_pools/p/get_scheduled_flow_runs', {});
        await ask(other, 'POST', `/flow_runs/${id}/set_state`, { state: { type: 'PENDING' } });
        await mine.elapse(1_000);
      }
      return JSON.stringify(other.calls);
    };

    expect(await story()).toBe(await story());
  });
});
