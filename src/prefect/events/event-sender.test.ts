import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PrefectEvent } from '../../core/prefect/event.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { Secret } from '../../kernel/secret.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { EventSender } from './event-sender.ts';
import { aServer, ScriptedServer } from '../socket/scripted-server.test-support.ts';
import { SubprotocolMissingError } from '../socket/socket.ts';

const event = (id: string): PrefectEvent => ({
  id,
  occurred: '2026-11-25T10:00:00Z',
  event: 'prefect.ecs.task.running',
  resource: { 'prefect.resource.id': 'prefect.ecs.task.t' },
  related: [],
  payload: {},
  follows: null,
});

describe('The event sender', () => {
  let clock: ManualClock;
  let server: ScriptedServer;
  let warnings: string[];
  let end: AbortController;
  let running: Promise<void>;

  function start(options: Partial<ConstructorParameters<typeof EventSender>[0]> = {}): EventSender {
    const log = { ...silentLogger, warning: (line: string) => void warnings.push(line) };
    const ports = { openSocket: server.openSocket, clock, random: seededRandom(1), log };
    const sender = new EventSender({ server: aServer, isCloud: false, ...options }, ports);
    running = sender.run(end.signal);
    return sender;
  }
  const idsHeard = (): readonly unknown[] =>
    server.ends.flatMap(({ heard }) =>
      heard.filter(({ id }) => id !== undefined).map(({ id }) => id),
    );

  beforeEach(() => {
    clock = new ManualClock();
    server = new ScriptedServer();
    warnings = [];
    end = new AbortController();
    running = Promise.resolve();
  });
  afterEach(async () => {
    end.abort(new Cancelled('over'));
    await running;
    if (clock.sleeping > 0) throw new Error('it left a timer behind');
  });

  it('connects with the first event, and keeps its one connection', async () => {
    const sender = start();
    await clock.elapse(60_000);
    expect(server.requests).toEqual([]);

    sender.emit(event('1'));
    await clock.elapse(10 * 60_000);
    sender.emit(event('2'));
    await clock.elapse(1_000);

    expect(server.requests).toMatchObject([
      {
        url: 'ws://prefect.test/api/events/in',
        protocols: ['prefect'],
        headers: { Authorization: `Basic ${Buffer.from('user:canary').toString('base64')}` },
      },
    ]);
    expect(server.end.heard).toEqual([
      { type: 'auth', token: 'user:canary' },
      event('1'),
      event('2'),
    ]);
  });

  it('authenticates to Prefect Cloud by a header and sends no login there', async () => {
    const sender = start({
      isCloud: true,
      server: { ...aServer, authString: undefined, apiKey: new Secret('pnu_key') },
    });
    sender.emit(event('1'));
    await clock.elapse(1_000);

    expect(server.requests).toMatchObject([
      { protocols: [], headers: { Authorization: 'bearer pnu_key' } },
    ]);
    expect(server.end.heard).toEqual([event('1')]);
  });

  it('accepts an old server that selects no subprotocol, without a login', async () => {
    server.failNext(new SubprotocolMissingError('ws://prefect.test/api/events/in'));
    const sender = start();
    sender.emit(event('1'));
    await clock.elapse(1_000);

    expect(server.end.heard).toEqual([event('1')]);
  });

  it('sends only unconfirmed events again after a lost connection, with their ids', async () => {
    const sender = start();
    sender.emit(event('confirmed'));
    await clock.elapse(25_000);
    sender.emit(event('lost'));
    await clock.elapse(1_000);
    server.end.close(1006, '');
    sender.emit(event('later'));

    await clock.elapse(10_000);

    expect(idsHeard()).toEqual(['confirmed', 'lost', 'lost', 'later']);
  });

  it('notices a server that answers no ping', async () => {
    const sender = start();
    sender.emit(event('1'));
    await clock.elapse(1_000);
    server.end.answersPings = false;
    sender.emit(event('2'));

    await clock.elapse(60_000);

    expect(server.requests).toHaveLength(2);
    expect(idsHeard()).toEqual(['1', '2', '1', '2']);
  });

  it('has at most 700 unconfirmed events in flight', async () => {
    const sender = start();
    sender.emit(event('first'));
    await clock.elapse(1_000);
    server.end.answersPings = false;
    for (let at = 0; at < 1_000; at += 1) sender.emit(event(String(at)));
    await clock.elapse(1_000);
    const before = server.end.heard.length;
    server.end.answersPings = true;

    await clock.elapse(60_000);

    expect(before).toBeLessThanOrEqual(702);
    expect(new Set(idsHeard()).size).toBe(1_001);
  });

  it('drops and counts events beyond its limit, and logs it once a minute', () => {
    const sender = start();
    for (let at = 0; at < 10_005; at += 1) sender.emit(event(String(at)));

    expect(warnings).toEqual([
      'Could not send events to Prefect (1 lost so far): too many events were waiting.',
    ]);
  });

  it('gives up on an event that breaks every connection, but not on the next one', async () => {
    server.onMessage = (message, socket) => {
      if (message['type'] === 'auth') socket.send({ type: 'auth_success' });
      if (message['id'] === 'poison') socket.close(1011, '');
    };
    const sender = start();
    sender.emit(event('poison'));
    await clock.elapse(10 * 60_000);
    sender.emit(event('good'));
    await clock.elapse(60_000);

    expect(idsHeard()).toEqual([...Array.from({ length: 10 }, () => 'poison'), 'good']);
    expect(warnings).toHaveLength(1);
  });

  it('resolves its flush when the server has read everything', async () => {
    const sender = start();
    sender.emit(event('1'));
    await clock.elapse(500);
    let isFlushed = false;
    const flushed = sender.flush(end.signal).then(() => (isFlushed = true));

    await clock.elapse(1_000);
    await flushed;

    expect(isFlushed).toBe(true);
    await sender.flush(end.signal); // nothing is left to send
  });
});
