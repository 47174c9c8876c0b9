import { expect, it, describe } from 'vitest';
import { AChannel, aPool, payloadOf } from './a-channel.test-support.ts';
import { SocketUnreachableError, UpgradeRefusedError } from '../socket/socket.ts';

const refused = (status: number): Error => new UpgradeRefusedError('ws://prefect.test', status);
const unreachable = (): Error => new SocketUnreachableError('ws://prefect.test', 'ECONNREFUSED');

describe('The hello', () => {
  it('follows the login, with exactly the keys that the server knows', async () => {
    const channel = new AChannel();

    await channel.start({ workQueueNames: ['b', 'a'], workerMetadata: { integrations: [] } });
    await channel.stop();

    expect(channel.server.requests[0]?.url).toBe(
      'ws://prefect.test/api/work_pools/my%20pool/workers/connect',
    );
    const [auth, hello] = channel.server.end.heard;
    expect(auth).toEqual({ type: 'auth', token: 'user:canary' });
    const anything: unknown = expect.any(String);
    expect(hello).toEqual({
      type: 'worker.hello.v1',
      id: anything,
      sent_at: '2030-01-01T00:00:00.000Z',
      payload: {
        consumer_id: anything,
        worker_name: 'ecs-1',
        worker_type: 'ecs',
        heartbeat_interval_seconds: 30,
        supported_channel_versions: ['work_pool_worker_channel.v1'],
        requested_capabilities: [
          'worker_heartbeat.v1',
          'work_pool_snapshot.v1',
          'cleanup_delivery.v1',
        ],
        work_queue_names: ['a', 'b'],
        handled_cleanup_kinds: ['cancelling_timeout_teardown.v1'],
        max_cleanup_concurrency: 1,
        create_pool_if_not_found: true,
        default_base_job_template: { job_configuration: {}, variables: {} },
        worker_metadata: { integrations: [] },
      },
    });
  });

  it('asks for no cleanup work without a handler, and for whole seconds', async () => {
    const channel = new AChannel();

    await channel.start({ cleanupKinds: [], heartbeatSeconds: 0.5 });
    await channel.stop();

    expect(payloadOf(channel.server.end.heard[1])).toMatchObject({
      heartbeat_interval_seconds: 1,
      requested_capabilities: ['worker_heartbeat.v1', 'work_pool_snapshot.v1'],
      handled_cleanup_kinds: [],
      max_cleanup_concurrency: 0,
      worker_metadata: null,
    });
  });

  it('names the same consumer on every connection, and sends its metadata once', async () => {
    const channel = new AChannel();
    await channel.start({ workerMetadata: { integrations: [] } });

    channel.server.end.close(1001, '');
    await channel.clock.elapse(1_000);
    await channel.stop();

    const hellos = channel.server.ends.map((end) => payloadOf(end.heard[1]));
    expect(hellos[1]?.['consumer_id']).toBe(hellos[0]?.['consumer_id']);
    expect(hellos.map((hello) => hello['worker_metadata'])).toEqual([{ integrations: [] }, null]);
  });
});

describe('The ready frame', () => {
  it('makes the channel healthy and delivers the work pool', async () => {
    const channel = new AChannel();
    channel.ready = { worker_id: 'worker-id', new_key: 'of a newer server' };

    await channel.start();

    expect(channel.status).toMatchObject({ state: 'healthy', hasSnapshot: true, snapshots: 1 });
    expect(channel.pools).toMatchObject([{ id: 'pool-id', name: 'my pool' }]);
    expect(channel.workerIds).toEqual(['worker-id']);
    await channel.stop();
  });

  it.each([
    ['is addressed to another consumer', { consumer_id: 'somebody else' }],
    ['selects another version', { selected_channel_version: 'work_pool_worker_channel.v2' }],
    [
      'lacks the snapshots',
      { accepted_capabilities: ['worker_heartbeat.v1', 'cleanup_delivery.v1'] },
    ],
    [
      'lacks the heartbeats',
      { accepted_capabilities: ['work_pool_snapshot.v1', 'cleanup_delivery.v1'] },
    ],
    ['takes cleanup work, but none at a time', { effective_max_cleanup_concurrency: 0 }],
    [
      'takes no cleanup work, but one at a time',
      { accepted_capabilities: ['worker_heartbeat.v1', 'work_pool_snapshot.v1'] },
    ],
    ['has no snapshot', { initial_snapshot: null }],
  ])('that %s disables the channel', async (_name, ready) => {
    const channel = new AChannel();
    channel.ready = ready;

    await channel.start();
    await channel.isOver;

    expect(channel.status).toMatchObject({ state: 'disabled', hasSnapshot: false });
    expect(channel.server.end.closedWith).toBeDefined();
    expect(channel.clock.sleeping).toBe(0);
  });

  it('disables the channel if it is another frame, or comes twice', async () => {
    const early = new AChannel();
    early.server.onMessage = (message, end) => {
      if (message['type'] === 'auth') end.send({ type: 'auth_success' });
      else end.sendText('{}');
    };
    const twice = new AChannel();
    await early.start();
    await twice.start();

    await twice.say('worker.ready.v1', {
      consumer_id: payloadOf(twice.server.end.heard[1])['consumer_id'],
      selected_channel_version: 'work_pool_worker_channel.v1',
      effective_heartbeat_interval_seconds: 20,
      accepted_capabilities: ['worker_heartbeat.v1', 'work_pool_snapshot.v1'],
      initial_snapshot: { snapshot_sequence: 1, reason: 'initial', work_pool: aPool() },
    });
    await Promise.all([early.isOver, twice.isOver]);

    expect([early.status.state, twice.status.state]).toEqual(['disabled', 'disabled']);
  });

  it('that accepts cleanup work that was not asked for disables the channel', async () => {
    const channel = new AChannel();
    channel.ready = {
      accepted_capabilities: [
        'worker_heartbeat.v1',
        'work_pool_snapshot.v1',
        'cleanup_delivery.v1',
      ],
      effective_max_cleanup_concurrency: 1,
    };

    await channel.start({ cleanupKinds: [] });
    await channel.isOver;

    expect(channel.status.state).toBe('disabled');
  });

  it('must arrive within ten seconds; the next attempt follows a second later', async () => {
    const channel = new AChannel();
    const respond = channel.server.onMessage;
    channel.server.onMessage = () => undefined;
    await channel.start();
    expect(channel.status.state).toBe('connecting');

    await channel.clock.elapse(10_000);
    expect(channel.status.state).toBe('fallback_retrying');
    channel.server.onMessage = respond;
    await channel.clock.elapse(1_000);

    expect(channel.status.state).toBe('healthy');
    await channel.stop();
  });
});

describe('A session', () => {
  it('sends heartbeats at the server’s interval, or at most a quarter sooner', async () => {
    const channel = new AChannel();
    await channel.start();

    await channel.clock.elapse(14_999);
    expect(channel.server.end.of('worker.heartbeat.v1')).toEqual([]);
    await channel.clock.elapse(600_000);

    const beats = channel.server.end.of('worker.heartbeat.v1');
    const times = beats.map((frame) => Date.parse(String(frame['sent_at'])));
    const waits = times.slice(1).map((atMs, nth) => (atMs - (times[nth] ?? 0)) / 1000);
    expect(waits.length).toBeGreaterThan(25);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(15);
    expect(Math.max(...waits)).toBeLessThanOrEqual(20);
    // never in step with another process of the name
    expect(new Set(waits).size).toBeGreaterThan(20);
    expect(payloadOf(beats[0])).toEqual({
      consumer_id: payloadOf(channel.server.end.heard[1])['consumer_id'],
      worker_name: 'ecs-1',
      heartbeat_interval_seconds: 20,
    });
    await channel.stop();
  });

  it('applies snapshots in sequence, and counts anew on the next connection', async () => {
    const channel = new AChannel();
    await channel.start();
    const snapshot = (sequence: number, limit: number): Promise<void> =>
      channel.say('work_pool.snapshot.v1', {
        snapshot_sequence: sequence,
        reason: 'work_pool_updated',
        work_pool: aPool({ concurrency_limit: limit }),
      });

    await snapshot(3, 30);
    await snapshot(2, 20);
    await snapshot(3, 33);
    channel.server.end.close(1011, 'transient_server_error');
    await channel.clock.elapse(1_000);
    await snapshot(2, 21);

    expect(channel.pools.map((pool) => pool.concurrencyLimit)).toEqual([
      undefined,
      30,
      undefined,
      21,
    ]);
    expect(channel.status.snapshots).toBe(4);
    await channel.stop();
  });

  it.each([
    ['a text that is not JSON', '{'],
    [
      'a frame of an unknown type',
      JSON.stringify({ type: 'news.v1', id: '1', sent_at: '2030-01-01T00:00:00Z', payload: {} }),
    ],
    [
      'a frame without its payload',
      JSON.stringify({ type: 'work_pool.snapshot.v1', id: '1', sent_at: '2030-01-01T00:00:00Z' }),
    ],
  ])('that receives %s ends permanently, with the reason', async (_name, text) => {
    const channel = new AChannel();
    await channel.start();

    channel.server.end.sendText(text);
    await channel.isOver;

    expect(channel.status).toMatchObject({ state: 'disabled', hasSnapshot: true });
    expect(channel.server.end.closedWith).toEqual({ code: 1002, reason: 'protocol_error' });
    expect(channel.clock.sleeping).toBe(0);
  });

  it.each(['cleanup.message.v1', 'cleanup.operation_result.v1'])(
    'without cleanup deliveries that receives %s ends permanently',
    async (type) => {
      const channel = new AChannel();
      await channel.start({ cleanupKinds: [] });

      if (type === 'cleanup.message.v1') await channel.deliver();
      else {
        await channel.say(type, {
          request_frame_id: '1',
          message_id: '1',
          operation: 'ack',
          status: 'accepted',
        });
      }
      await channel.isOver;

      expect(channel.status.state).toBe('disabled');
    },
  );

  it('whose other end falls silent is cut and opened anew', async () => {
    const channel = new AChannel();
    await channel.start();
    channel.server.end.answersPings = false;

    await channel.clock.elapse(40_000);
    expect(channel.status.state).toBe('fallback_retrying');
    await channel.clock.elapse(1_000);

    expect(channel.server.ends).toHaveLength(2);
    expect(channel.status.state).toBe('healthy');
    await channel.stop();
  });
});

describe('A channel without a connection', () => {
  it.each([401, 403, 404, 405])(
    'is disabled when the upgrade was answered with %i',
    async (status) => {
      const channel = new AChannel();
      channel.server.failNext(refused(status));

      await channel.start();
      await channel.isOver;

      expect(channel.status).toMatchObject({ state: 'disabled', hasSnapshot: false });
      expect(channel.server.requests).toHaveLength(1);
    },
  );

  it('is disabled when there has never been a connection', async () => {
    const channel = new AChannel();
    channel.server.failNext(unreachable());

    await channel.start();
    await channel.isOver;

    expect(channel.status.state).toBe('disabled');
  });

  it('is retried after 1, 2, 4, 8, 16, 30, 30 s, and 1 s after a session', async () => {
    const channel = new AChannel();
    await channel.start();
    const tries: number[] = [];
    for (let time = 0; time < 7; time += 1) channel.server.failNext(unreachable());
    channel.server.end.close(1000, '');
    let before = channel.clock.monotonicMs();
    for (let known = 1; known < 9;) {
      await channel.clock.elapse(1_000);
      if (channel.server.requests.length === known) continue;
      known += 1;
      tries.push((channel.clock.monotonicMs() - before) / 1000);
      before = channel.clock.monotonicMs();
    }

    expect(tries).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    expect(channel.status.state).toBe('healthy');
    channel.server.end.close(1000, '');
    await channel.clock.elapse(1_000);
    expect(channel.status.state).toBe('healthy');
    await channel.stop();
  });

  it('is given up when the pool is deleted', async () => {
    const channel = new AChannel();
    await channel.start();

    channel.server.end.close(1008, 'authorization_failed');
    await channel.isOver;

    expect(channel.status).toMatchObject({ state: 'disabled', hasSnapshot: true });
    expect(channel.clock.sleeping).toBe(0);
  });
});

describe('A failure', () => {
  it('is logged at debug level only, and never with a secret', async () => {
    const channel = new AChannel();
    channel.server.failNext(refused(500));
    await channel.start();
    await channel.clock.elapse(1_000);

    channel.server.end.sendText(
      JSON.stringify({ type: 'work_pool.snapshot.v1', payload: { canary: 'canary' } }),
    );
    await channel.isOver;

    expect(channel.logged.length).toBeGreaterThan(1);
    expect(channel.logged.filter(({ level }) => level !== 'debug')).toEqual([]);
    expect(JSON.stringify(channel.logged)).not.toContain('canary');
  });

  it('of a listener ends the session, not the worker', async () => {
    const channel = new AChannel();
    channel.pools.push = () => {
      throw new Error('no room');
    };

    await channel.start();

    expect(channel.status.state).toBe('fallback_retrying');
    await channel.stop();
    expect(channel.clock.sleeping).toBe(0);
  });
});

describe('The signal', () => {
  it('ends a session, and leaves nothing behind', async () => {
    const channel = new AChannel();
    await channel.start();

    await channel.stop();

    expect(channel.server.end.closedWith).toEqual({ code: 1000, reason: '' });
    expect(channel.status.state).toBe('disabled');
    expect(channel.clock.sleeping).toBe(0);
    expect(channel.listeners).toBe(0);
  });

  it('gathers no listeners from connection to connection', async () => {
    const channel = new AChannel();
    await channel.start();
    await channel.clock.elapse(60_000);
    const { listeners } = channel;

    for (let time = 0; time < 10; time += 1) {
      await channel.deliver({ reservation_token: `token-${time}` });
      channel.server.end.close(1001, '');
      await channel.clock.elapse(60_000);
    }

    expect(channel.server.ends).toHaveLength(11);
    expect(channel.listeners).toBe(listeners);
    await channel.stop();
  });

  it('ends an attempt that hangs, and a wait', async () => {
    const hanging = new AChannel();
    hanging.server.hangNext();
    const waiting = new AChannel();
    waiting.server.failNext(refused(503));
    await hanging.start();
    await waiting.start();

    await Promise.all([hanging.stop(), waiting.stop()]);

    expect([hanging.clock.sleeping, waiting.clock.sleeping]).toEqual([0, 0]);
  });
});
