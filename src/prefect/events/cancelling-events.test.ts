import { describe, expect, it } from 'vitest';
import type { LogFields, Logger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { CancellingStatus, subscribeToCancelling } from './cancelling-events.ts';
import { aServer, ScriptedServer, type Heard } from '../socket/scripted-server.test-support.ts';
import { SocketUnreachableError, UpgradeRefusedError } from '../socket/socket.ts';

const runA = '0198c0de-0000-7000-8000-00000000000a';
const runB = '0198c0de-0000-7000-8000-00000000000b';

class Subscription {
  readonly server = new ScriptedServer();
  readonly clock = new ManualClock();
  readonly status = new CancellingStatus();
  readonly runs: string[] = [];
  readonly logged: string[] = [];
  onCancelling = (flowRunId: string): void => void this.runs.push(flowRunId);
  readonly #stop = new AbortController();
  ended: Promise<void> = Promise.resolve();

  async start(): Promise<void> {
    const note =
      (level: string) =>
      (message: string, fields?: LogFields): void =>
        void this.logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
    const log: Logger = {
      isDebugging: true,
      debug: note('debug'),
      info: note('info'),
      warning: note('warning'),
      error: note('error'),
      child: () => log,
    };
    this.ended = subscribeToCancelling(
      { server: aServer, workPoolId: 'pool-id' },
      {
        openSocket: this.server.openSocket,
        clock: this.clock,
        random: { next: () => 0.5, uuid: () => '' }, // no jitter
        log,
        status: this.status,
      },
      (flowRunId) => this.onCancelling(flowRunId),
      this.#stop.signal,
    );
    await this.clock.elapse(0);
  }

  async event(id: string, changes: Record<string, unknown> = {}): Promise<void> {
    const event = {
      id,
      occurred: this.clock.now().toISOString(),
      event: 'prefect.flow-run.Cancelling',
      resource: {
        'prefect.resource.id': `prefect.flow-run.${runA}`,
        'prefect.state-type': 'CANCELLING',
      },
      related: [],
      payload: {},
      received: this.clock.now().toISOString(),
      ...changes,
    };
    this.server.end.send({ type: 'event', event });
    await this.clock.elapse(0);
  }

  /** Loses the connection and lets the next one connect. */
  async reconnect(waitMs = 1_000): Promise<void> {
    this.server.end.close(1006, '');
    await this.clock.elapse(waitMs);
  }

  get filters(): readonly Heard[] {
    return this.server.ends.flatMap((end) => end.of('filter'));
  }

  get sinces(): readonly unknown[] {
    return this.filters.map((message) => {
      // our own client's message: this shape
      const { filter } = message as { filter?: { occurred?: { since?: string } } };
      return filter?.occurred?.since;
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.ended;
  }
}

async function subscribed(): Promise<Subscription> {
  const subscription = new Subscription();
  await subscription.start();
  return subscription;
}

describe('The subscription', () => {
  it('asks for the Cancelling events of the pool, starting a minute ago', async () => {
    const subscription = await subscribed();

    expect(subscription.server.requests.map(({ url }) => url)).toEqual([
      'ws://prefect.test/api/events/out',
    ]);
    expect(subscription.server.end.heard).toEqual([
      { type: 'auth', token: 'user:canary' },
      {
        type: 'filter',
        backfill: true,
        filter: {
          occurred: { since: '2029-12-31T23:59:00.000Z', until: '2031-01-01T00:00:00.000Z' },
          event: { name: ['prefect.flow-run.Cancelling', 'prefect.flow-run.Cancelled'] },
          any_resource: { id: ['prefect.work-pool.pool-id'] },
        },
      },
    ]);
    expect(subscription.status.isConnected).toBe(true);
    await subscription.stop();
  });

  it('reports each event once, even if a backfill repeats it', async () => {
    const subscription = await subscribed();

    await subscription.event('1');
    await subscription.event('1');
    await subscription.reconnect();
    await subscription.event('1');
    await subscription.event('2', {
      resource: { 'prefect.resource.id': `prefect.flow-run.${runB}` },
    });

    expect(subscription.runs).toEqual([runA, runB]);
    await subscription.stop();
  });

  it.each([
    ['a text that is not JSON', '{'],
    ['another message', JSON.stringify({ type: 'notice' })],
    ['an event without a resource', JSON.stringify({ type: 'event', event: { id: '1' } })],
  ])('ignores %s', async (_name, text) => {
    const subscription = await subscribed();

    subscription.server.end.sendText(text);
    await subscription.event('2');

    expect(subscription.runs).toEqual([runA]);
    await subscription.stop();
  });

  it('ignores events that it did not ask for, and warns of one that names no run', async () => {
    const subscription = await subscribed();

    await subscription.event('1', { event: 'prefect.flow-run.Completed' });
    await subscription.event('2', {
      resource: { 'prefect.resource.id': 'prefect.flow-run.nonsense' },
    });
    await subscription.event('3', {
      resource: { 'prefect.resource.id': `prefect.task-run.${runA}` },
    });

    expect(subscription.runs).toEqual([]);
    expect(subscription.logged.filter((line) => line.startsWith('warning'))).toHaveLength(2);
    await subscription.stop();
  });

  it('continues when a listener fails', async () => {
    const subscription = await subscribed();
    const { onCancelling } = subscription;
    subscription.onCancelling = () => {
      throw new Error('not now');
    };
    await subscription.event('1');

    subscription.onCancelling = onCancelling;
    await subscription.event('2');

    expect(subscription.runs).toEqual([runA]);
    expect(subscription.status.isConnected).toBe(true);
    await subscription.stop();
  });
});

describe('After a lost connection, the subscription', () => {
  it.each([1000, 1001, 1006, 1008, 1011])('connects again, closed with %i', async (code) => {
    const subscription = await subscribed();

    subscription.server.end.close(code, '');
    await subscription.clock.elapse(999);
    expect(subscription.status.isConnected).toBe(false);
    await subscription.clock.elapse(1);

    expect(subscription.status.isConnected).toBe(true);
    await subscription.stop();
  });

  it('asks for events from a minute before the latest one', async () => {
    const subscription = await subscribed();
    await subscription.clock.elapse(600_000);
    await subscription.event('1');
    await subscription.event('2', { occurred: '2030-01-01T00:05:00.000Z' });
    await subscription.clock.elapse(60_000);

    await subscription.reconnect();

    expect(subscription.sinces).toEqual(['2029-12-31T23:59:00.000Z', '2030-01-01T00:09:00.000Z']);
    await subscription.stop();
  });

  it('asks as before if there was no event, or none with a plausible time', async () => {
    const subscription = await subscribed();
    await subscription.reconnect(5_000);
    await subscription.event('1', { occurred: 'yesterday' });
    await subscription.reconnect(5_000);
    await subscription.event('2', { occurred: '2099-01-01T00:00:00Z' });
    await subscription.reconnect(5_000);

    expect(subscription.sinces).toEqual([
      '2029-12-31T23:59:00.000Z',
      '2029-12-31T23:59:00.000Z',
      '2029-12-31T23:59:00.000Z',
      '2029-12-31T23:59:10.000Z',
    ]);
    await subscription.stop();
  });

  it('waits longer between attempts, up to half a minute, without end', async () => {
    const subscription = new Subscription();
    for (let time = 0; time < 20; time += 1) {
      subscription.server.failNext(
        time % 2 === 0
          ? new UpgradeRefusedError('ws://prefect.test', 403)
          : new SocketUnreachableError('ws://prefect.test', 'ECONNREFUSED'),
      );
    }
    await subscription.start();
    const at: number[] = [];
    while (subscription.server.ends.length === 0) {
      const tries = subscription.server.requests.length;
      await subscription.clock.elapse(500);
      if (subscription.server.requests.length > tries)
        at.push(subscription.clock.monotonicMs() / 1000);
    }

    expect(at.slice(0, 7)).toEqual([1, 3, 7, 15, 31, 61, 91]);
    expect(at).toHaveLength(20);
    expect(subscription.status.isConnected).toBe(true);
    await subscription.stop();
  });

  it('backs off from a server that closes at once, not after a good connection', async () => {
    const subscription = await subscribed();
    await subscription.reconnect();

    subscription.server.end.close(1002, 'Invalid filter');
    await subscription.clock.elapse(1_999);
    expect(subscription.status.isConnected).toBe(false);
    await subscription.clock.elapse(1);
    await subscription.clock.elapse(30_000);
    await subscription.reconnect();

    expect(subscription.status.isConnected).toBe(true);
    await subscription.stop();
  });

  it('connects again, even if only a missing pong showed the loss', async () => {
    const subscription = await subscribed();
    subscription.server.end.answersPings = false;

    await subscription.clock.elapse(40_000);
    expect(subscription.status.isConnected).toBe(false);
    await subscription.clock.elapse(1_000);

    expect(subscription.status.isConnected).toBe(true);
    await subscription.stop();
  });

  it('logs it at debug level only, without secrets', async () => {
    const subscription = new Subscription();
    subscription.server.onMessage = (_message, end) =>
      end.send({ type: 'auth_failure', reason: 'no' });
    await subscription.start();
    await subscription.clock.elapse(10_000);
    await subscription.stop();

    expect(subscription.logged.length).toBeGreaterThan(0);
    expect(subscription.logged.filter((line) => !line.startsWith('debug'))).toEqual([]);
    expect(subscription.logged.join()).not.toContain('canary');
    expect(subscription.status.isConnected).toBe(false);
  });
});

it('The signal ends the subscription and leaves nothing behind', async () => {
  const connected = await subscribed();
  const waiting = new Subscription();
  waiting.server.failNext(new UpgradeRefusedError('ws://prefect.test', 503));
  await waiting.start();
  const hanging = new Subscription();
  hanging.server.hangNext();
  await hanging.start();

  await Promise.all([connected.stop(), waiting.stop(), hanging.stop()]);

  expect(connected.server.end.closedWith).toEqual({ code: 1000, reason: '' });
  expect(connected.status.isConnected).toBe(false);
  expect([connected, waiting, hanging].map(({ clock }) => clock.sleeping)).toEqual([0, 0, 0]);
});
