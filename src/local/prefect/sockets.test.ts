import type { Answer } from '../message.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { inProcessSocket, type SocketOpening } from '../in-process.ts';
import { LocalPrefect, type LocalPrefectOptions } from './local-prefect.ts';

type Message = Record<string, unknown> & { readonly type: string };

interface Client {
  readonly messages: Message[];
  readonly closed: () => string | undefined;
  send(message: unknown): void;
}

describe('The sockets of the local Prefect', () => {
  let clock: ManualClock;
  let prefect: LocalPrefect;
  const begin = (options: Partial<LocalPrefectOptions> = {}): void => {
    clock = new ManualClock('2030-01-01T00:00:00.000Z');
    prefect = new LocalPrefect({ clock, random: seededRandom(5), ...options });
  };
  beforeEach(() => begin());
  afterEach(() => prefect[Symbol.asyncDispose]());

  const open = (path: string, protocols = ['prefect']): Promise<SocketOpening> =>
    inProcessSocket((upgrade) => prefect.upgrade(upgrade))(`ws://prefect.local/api${path}`, {
      protocols,
    });

  const client = async (path: string, token: string | null = null): Promise<Client> => {
    const opening = await open(path);
    if (opening.kind === 'refused') throw new Error(`refused: ${opening.status}`);
    const messages: Message[] = [];
    let close: string | undefined;
    opening.socket.onMessage((text) => messages.push(JSON.parse(text)));
    opening.socket.onClose((code, reason) => (close = `${code} ${reason}`));
    const send = (message: unknown): void => opening.socket.send(JSON.stringify(message));
    send({ type: 'auth', token });
    await clock.elapse(0);
    return { messages, closed: () => close, send };
  };

  const frame = (type: string, payload: unknown) => ({
    type,
    id: '0198e6a0-0000-7000-8000-000000000001',
    sent_at: '2030-01-01T00:00:00Z',
    payload,
  });
  const hello = (change: Record<string, unknown> = {}) =>
    frame('worker.hello.v1', {
      consumer_id: '0198e6a0-0000-7000-8000-00000000000a',
      worker_name: 'w',
      worker_type: 'ecs',
      heartbeat_interval_seconds: 30,
      supported_channel_versions: ['work_pool_worker_channel.v1'],
      requested_capabilities: [
        'worker_heartbeat.v1',
        'work_pool_snapshot.v1',
        'cleanup_delivery.v1',
      ],
      work_queue_names: [],
      handled_cleanup_kinds: ['cancelling_timeout_teardown.v1'],
      max_cleanup_concurrency: 1,
      create_pool_if_not_found: true,
      default_base_job_template: {},
      worker_metadata: null,
      ...change,
    });
  const channel = '/work_pools/p/workers/connect';

  it('send matching state changes, including recent ones', async () => {
    prefect.createPool('p');
    const id = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
    prefect.setState(id, 'PENDING');
    prefect.cancel(id);
    const out = await client('/events/out');
    const poolId = prefect.pool('p').id;
    out.send({
      type: 'filter',
      filter: {
        occurred: { since: '2029-12-31T23:59:00Z', until: '2031-01-01T00:00:00Z' },
        event: { name: ['prefect.flow-run.Cancelling'] },
        any_resource: { id: [`prefect.work-pool.${poolId}`] },
      },
    });
    await clock.elapse(0);
    const second = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
    prefect.setState(second, 'PENDING');
    prefect.cancel(second);
    await clock.elapse(0);

    expect(out.messages.map((message) => message.type)).toEqual(['auth_success', 'event', 'event']);
    expect(out.messages[2]).toMatchObject({
      event: { resource: { 'prefect.resource.id': `prefect.flow-run.${second}` } },
    });
    out.send({ type: 'more' });
    const bad = await client('/events/out');
    bad.send({ type: 'filter', filter: { nope: 1 } });
    await clock.elapse(0);
    expect(bad.closed()).toBe('1006 ');
  });

  it('accept events and nothing else', async () => {
    const into = await client('/events/in');
    into.send({
      id: '0198e6a0-0000-7000-8000-000000000002',
      occurred: '2030-01-01T00:00:00Z',
      event: 'x.y',
      resource: { 'prefect.resource.id': 'z' },
    });
    await clock.elapse(0);
    expect(prefect.events.map((event) => event.event)).toEqual(['x.y']);
    into.send({ no: 'event' });
    await clock.elapse(0);
    expect(into.closed()).toBe('1006 ');
  });

  it('send log lines as they arrive, and no earlier ones', async () => {
    const line = (message: string, level = 20) => ({
      name: 'prefect.flow_runs',
      level,
      message,
      timestamp: '2030-01-01T00:00:00Z',
      flow_run_id: '0198e6a0-0000-4000-8000-000000000003',
    });
    const write = (...logs: readonly object[]): Promise<Answer> =>
      prefect.handle(
        new Request('http://prefect.local/api/logs/', {
          method: 'POST',
          body: JSON.stringify(logs),
        }),
      );
    await write(line('before'));
    const out = await client('/logs/out');
    out.send({
      type: 'filter',
      filter: { flow_run_id: { any_: [line('').flow_run_id] }, level: { ge_: 20 } },
    });
    await clock.elapse(0);
    await write(line('quiet', 10), line('heard'), { ...line('of no run'), flow_run_id: null });
    await clock.elapse(0);

    expect(out.messages.slice(1)).toMatchObject([{ type: 'log', log: { message: 'heard' } }]);
    const bad = await client('/logs/out');
    bad.send({ type: 'filter', filter: { nope: 1 } });
    await clock.elapse(0);
    expect(bad.closed()).toBe('1006 ');
  });

  it('compare the token if one is set', async () => {
    await prefect[Symbol.asyncDispose]();
    begin({ authString: 'user:secret' });

    expect((await client('/events/out', 'wrong')).closed()).toBe('1008 Invalid token');
    expect((await client(channel, 'wrong')).closed()).toBe('1008 authentication_failed');
    expect((await client('/events/in', 'user:secret')).messages).toEqual([
      { type: 'auth_success' },
    ]);
    expect(await open('/events/in', [])).toEqual({ kind: 'refused', status: 403 });
    expect(await open('/nothing')).toEqual({ kind: 'refused', status: 403 });
  });

  it('create the pool, send it, and report when it changes or is deleted', async () => {
    const worker = await client(channel);
    worker.send(hello());
    await clock.elapse(0);
    prefect.updatePool('p', { concurrency_limit: 3 });
    await clock.elapse(0);

    expect(worker.messages[1]).toMatchObject({
      type: 'worker.ready.v1',
      payload: {
        worker_id: null,
        initial_snapshot: { snapshot_sequence: 1, work_pool: { name: 'p' } },
      },
    });
    expect(worker.messages[2]).toMatchObject({
      type: 'work_pool.snapshot.v1',
      payload: { snapshot_sequence: 2, work_pool: { concurrency_limit: 3 } },
    });
    expect(prefect.workers('p')).toMatchObject([{ name: 'w', status: 'ONLINE' }]);
    prefect.deletePool('p');
    await clock.elapse(0);
    expect(worker.closed()).toBe('1008 authorization_failed');
  });

  it.each([
    [{ work_queue_names: ['nope'] }, '1008 authorization_failed'],
    [{ supported_channel_versions: ['v9'] }, '1008 unsupported_version'],
    [{ unknown: 1 }, '1002 protocol_error'],
    [{ requested_capabilities: ['worker_heartbeat.v1'] }, '1002 protocol_error'],
  ])('refuse a hello with %j', async (change, closed) => {
    prefect.createPool('p');
    const worker = await client(channel);
    worker.send(hello(change));
    await clock.elapse(0);

    expect(worker.closed()).toBe(closed);
  });

  it('deliver a cleanup message three times, unless it is acknowledged', async () => {
    prefect.createPool('p');
    const id = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
    prefect.setState(id, 'PENDING');
    prefect.cancel(id);
    const worker = await client(channel);
    worker.send(hello());
    await clock.elapse(305_000);
    const deliveries = () =>
      worker.messages
        .filter((message) => message.type === 'cleanup.message.v1')
        .map((message) => message['payload']);

    expect(deliveries()).toMatchObject([{ delivery_count: 1, target: { flow_run_id: id } }]);
    await clock.elapse(40_000);
    expect(deliveries()).toMatchObject([{ delivery_count: 1 }, { delivery_count: 2 }]);
    // The message that was just delivered, with the token that the answer needs.
    const last = deliveries()[1] as {
      readonly message_id: string;
      readonly reservation_token: string;
    };
    const { message_id, reservation_token } = last;
    worker.send(frame('cleanup.renew.v1', { message_id, reservation_token }));
    worker.send(frame('cleanup.ack.v1', { message_id, reservation_token }));
    worker.send(frame('cleanup.ack.v1', { message_id, reservation_token }));
    await clock.elapse(120_000);
    const statuses = worker.messages
      .filter((message) => message.type === 'cleanup.operation_result.v1')
      .map((message) => message['payload']);

    expect(statuses).toMatchObject([
      { status: 'accepted' },
      { status: 'accepted' },
      { status: 'not_found' },
    ]);
    expect(deliveries()).toHaveLength(2);
  });

  it('are lost with all leases in a restart, and cut off in a partition', async () => {
    prefect.createPool('p');
    const deployment = prefect.createDeployment({ pool: 'p', concurrencyLimit: 1 });
    const id = prefect.schedule(deployment);
    const leaseId =
      prefect.setState(id, 'PENDING').state?.state_details.deployment_concurrency_lease_id ?? '';
    const worker = await client(channel);
    prefect.restart();
    await clock.elapse(0);

    expect(worker.closed()).toBe('1006 ');
    expect(prefect.world.limits.renew(leaseId, 300)).toBe(false);
    const cut = prefect.partition();
    await expect(prefect.handle(new Request('http://prefect.local/api/version'))).rejects.toThrow(
      'partitioned',
    );
    await expect(open('/events/in')).rejects.toThrow('socket hang up');
    cut[Symbol.dispose]();
    expect((await prefect.handle(new Request('http://prefect.local/api/version'))).status).toBe(
      200,
    );
  });

  it('behave like those of an old server on request', async () => {
    await prefect[Symbol.asyncDispose]();
    begin({ version: '3.6.0' });

    expect(await open(channel)).toEqual({ kind: 'refused', status: 403 });
    expect(await open('/events/in')).toMatchObject({ kind: 'open', protocol: undefined });
  });
});
