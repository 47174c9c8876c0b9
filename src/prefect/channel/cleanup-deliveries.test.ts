import { describe, expect, it } from 'vitest';
import { AChannel, payloadOf } from './a-channel.test-support.ts';
import type { CleanupMessage } from './channel-frames.ts';
import type { CleanupOutcome } from './cleanup-deliveries.ts';

/** A handler that runs until the test ends it. */
class Work {
  readonly messages: CleanupMessage[] = [];
  readonly signals: AbortSignal[] = [];
  finish: (outcome: CleanupOutcome) => void = () => undefined;

  readonly handle = (message: CleanupMessage, signal: AbortSignal): Promise<CleanupOutcome> => {
    this.messages.push(message);
    this.signals.push(signal);
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      signal.addEventListener('abort', () => reject(new Error('told to stop')), { once: true });
    });
  };

  get isStopped(): boolean | undefined {
    return this.signals[0]?.aborted;
  }
}

async function working(): Promise<{ readonly channel: AChannel; readonly work: Work }> {
  const channel = new AChannel();
  const work = new Work();
  channel.handle = work.handle;
  await channel.start();
  return { channel, work };
}

describe('A cleanup message', () => {
  it('is handled and acknowledged', async () => {
    const { channel, work } = await working();

    await channel.deliver();
    work.finish({ kind: 'ack' });
    await channel.clock.elapse(60_000);

    expect(work.messages).toMatchObject([
      {
        messageId: 'message-1',
        flowRunId: 'run-1',
        infrastructurePid: 'cluster::task',
        deliveryCount: 1,
      },
    ]);
    expect(channel.operations).toEqual(['ack']);
    expect(payloadOf(channel.server.end.of('cleanup.ack.v1')[0])).toEqual({
      message_id: 'message-1',
      reservation_token: 'token-1',
    });
    await channel.stop();
  });

  it('is released with the handler’s reason', async () => {
    const { channel, work } = await working();

    await channel.deliver();
    work.finish({ kind: 'release', reason: 'infrastructure_not_available' });
    await channel.clock.elapse(0);

    expect(payloadOf(channel.server.end.of('cleanup.release.v1')[0])).toEqual({
      message_id: 'message-1',
      reservation_token: 'token-1',
      reason: 'infrastructure_not_available',
    });
    await channel.stop();
  });

  it('is released with a reason, even if the handler gives none', async () => {
    const { channel, work } = await working();

    await channel.deliver();
    work.finish({ kind: 'release', reason: '' });
    await channel.clock.elapse(0);

    expect(channel.operations).toEqual(['release: handler_released']);
    await channel.stop();
  });

  it('is released when the handler fails', async () => {
    const channel = new AChannel();
    channel.handle = () => Promise.reject(new Error('AWS is away'));
    await channel.start();

    await channel.deliver();

    expect(channel.operations).toEqual(['release: handler_failed']);
    expect(channel.status.state).toBe('healthy');
    await channel.stop();
  });

  it('is released when its kind has no handler', async () => {
    const { channel, work } = await working();

    await channel.deliver({ kind: 'pending_claim_teardown.v1' });

    expect(work.messages).toEqual([]);
    expect(channel.operations).toEqual(['release: unsupported_cleanup_kind']);
    await channel.stop();
  });

  it.each([0, -1])('whose lease ends in %i s is ignored', async (leaseSeconds) => {
    const { channel, work } = await working();

    await channel.deliver({}, leaseSeconds);

    expect(work.messages).toEqual([]);
    expect(channel.operations).toEqual([]);
    await channel.stop();
  });

  it('that is already being handled is ignored; another one is released', async () => {
    const { channel, work } = await working();

    await channel.deliver();
    await channel.deliver();
    await channel.deliver({ message_id: 'message-2', reservation_token: 'token-2' });

    expect(work.messages).toHaveLength(1);
    expect(channel.operations).toEqual(['release: concurrency_limit_reached']);
    await channel.stop();
  });

  it('is accepted again when the one before it is done', async () => {
    const { channel, work } = await working();

    await channel.deliver();
    work.finish({ kind: 'ack' });
    await channel.clock.elapse(0);
    await channel.deliver({ message_id: 'message-2', reservation_token: 'token-2' });

    expect(work.messages.map(({ messageId }) => messageId)).toEqual(['message-1', 'message-2']);
    await channel.stop();
  });
});

describe('A lease', () => {
  it('is renewed five seconds before each end, while the handler works', async () => {
    const { channel, work } = await working();
    await channel.deliver();

    await channel.clock.elapse(24_999);
    expect(channel.operations).toEqual([]);
    await channel.clock.elapse(1);
    expect(channel.operations).toEqual(['renew']);
    await channel.clock.elapse(50_000);
    work.finish({ kind: 'ack' });
    await channel.clock.elapse(60_000);

    expect(channel.operations).toEqual(['renew', 'renew', 'renew', 'ack']);
    expect(work.isStopped).toBe(false);
    await channel.stop();
  });

  it('shorter than five seconds is renewed at once, then at most once a second', async () => {
    const { channel, work } = await working();
    let renewals = 0;
    channel.answer = (operation) => {
      if (operation === 'renew') renewals += 1;
      return 'error';
    };
    await channel.deliver({}, 3);

    await channel.clock.elapse(3_000);

    expect(renewals).toBe(3);
    expect(work.isStopped).toBe(true);
    await channel.stop();
  });

  it.each([
    'not_found',
    'not_current',
    'expired',
    'invalid_token',
    'unauthorized',
    'dead_lettered',
  ])(
    'that the server calls %s is lost: the handler stops and nothing more is sent',
    async (status) => {
      const { channel, work } = await working();
      channel.answer = () => status;
      await channel.deliver();

      await channel.clock.elapse(25_000);
      expect(work.isStopped).toBe(true);
      await channel.clock.elapse(60_000);

      expect(channel.operations).toEqual(['renew']);
      await channel.stop();
    },
  );

  it('that cannot be renewed in time is lost', async () => {
    const { channel, work } = await working();
    channel.answer = () => undefined;
    await channel.deliver();

    await channel.clock.elapse(29_999);
    expect(work.isStopped).toBe(false);
    await channel.clock.elapse(1);
    expect(work.isStopped).toBe(true);
    await channel.clock.elapse(60_000);

    expect(channel.operations).toEqual(['renew']);
    await channel.stop();
  });

  it('survives errors, as long as one renewal is accepted before its end', async () => {
    const { channel, work } = await working();
    const statuses = ['error', 'error', 'error', 'accepted'];
    channel.answer = () => statuses.shift() ?? 'accepted';
    await channel.deliver();

    await channel.clock.elapse(30_000);

    expect(channel.operations).toEqual(['renew', 'renew', 'renew', 'renew']);
    expect(work.isStopped).toBe(false);
    await channel.stop();
  });
});

describe('An operation', () => {
  it('is sent three times, each with a new frame id and a second apart', async () => {
    const channel = new AChannel();
    const seen: { readonly id: unknown; readonly at: number }[] = [];
    channel.answer = (_operation, frame) => {
      seen.push({ id: frame['id'], at: channel.clock.monotonicMs() });
      return 'error';
    };
    await channel.start();

    await channel.deliver({}, 600);
    await channel.clock.elapse(60_000);

    expect(seen.map(({ at }) => at)).toEqual([0, 1_000, 2_000]);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(3);
    expect(channel.operations).toEqual(['ack', 'ack', 'ack']);
    await channel.stop();
  });

  it('waits thirty seconds for its result', async () => {
    const channel = new AChannel();
    const at: number[] = [];
    channel.answer = () => void at.push(channel.clock.monotonicMs());
    await channel.start();

    await channel.deliver({}, 600);
    await channel.clock.elapse(200_000);

    expect(at).toEqual([0, 31_000, 62_000]);
    await channel.stop();
  });

  it.each(['accepted', 'not_found'])('ack is done when its result is %s', async (status) => {
    const channel = new AChannel();
    channel.answer = () => status;
    await channel.start();

    await channel.deliver();
    await channel.clock.elapse(60_000);

    expect(channel.operations).toEqual(['ack']);
    await channel.stop();
  });

  it.each(['not_found', 'expired', 'dead_lettered'])(
    'is not repeated when its result is %s',
    async (status) => {
      const channel = new AChannel();
      channel.handle = () =>
        Promise.resolve({ kind: 'release', reason: 'unsupported_worker_type' });
      channel.answer = () => status;
      await channel.start();

      await channel.deliver();
      await channel.clock.elapse(60_000);

      expect(channel.operations).toEqual(['release: unsupported_worker_type']);
      await channel.stop();
    },
  );

  it('that no longer waits for its result ignores it', async () => {
    const channel = new AChannel();
    await channel.start();

    await channel.say('cleanup.operation_result.v1', {
      request_frame_id: 'of another life',
      message_id: '1',
      operation: 'ack',
      status: 'accepted',
    });

    expect(channel.status.state).toBe('healthy');
    await channel.stop();
  });
});

describe('A lost connection', () => {
  it('does not stop the work: its outcome is reported on the next one', async () => {
    const { channel, work } = await working();
    await channel.deliver();
    channel.server.end.close(1001, '');
    await channel.clock.elapse(500);

    work.finish({ kind: 'ack' });
    await channel.clock.elapse(0);
    expect(channel.operations).toEqual([]);
    await channel.clock.elapse(500);

    expect(channel.server.ends).toHaveLength(2);
    expect(channel.server.end.of('cleanup.ack.v1')).toHaveLength(1);
    await channel.stop();
  });

  it('stops the work when the next one takes no cleanup work', async () => {
    const { channel, work } = await working();
    await channel.deliver();
    channel.ready = {
      accepted_capabilities: ['worker_heartbeat.v1', 'work_pool_snapshot.v1'],
      effective_max_cleanup_concurrency: 0,
    };
    channel.server.end.close(1001, '');

    await channel.clock.elapse(1_000);

    expect(channel.status.state).toBe('healthy');
    expect(work.isStopped).toBe(true);
    expect(channel.operations).toEqual([]);
    await channel.stop();
  });

  it('stops the work if it is permanent', async () => {
    const { channel, work } = await working();
    await channel.deliver();

    channel.server.end.close(1008, 'authorization_failed');
    await channel.isOver;

    expect(work.isStopped).toBe(true);
    expect(channel.clock.sleeping).toBe(0);
  });
});

it('The signal ends an operation that waits for its result or for a connection', async () => {
  const mute = new AChannel();
  mute.answer = () => undefined;
  await mute.start();
  await mute.deliver();
  const { channel: lost, work } = await working();
  await lost.deliver();
  lost.server.hangNext();
  lost.server.end.close(1001, '');
  work.finish({ kind: 'ack' });
  await lost.clock.elapse(2_000);

  await Promise.all([mute.stop(), lost.stop()]);

  expect([mute.operations, lost.operations]).toEqual([['ack'], []]);
  expect([mute.clock.sleeping, lost.clock.sleeping]).toEqual([0, 0]);
});

it('The signal stops the handler, and nothing is reported about it', async () => {
  const { channel, work } = await working();
  await channel.deliver();

  await channel.stop();

  expect(work.isStopped).toBe(true);
  expect(channel.operations).toEqual([]);
  expect(channel.clock.sleeping).toBe(0);
});
