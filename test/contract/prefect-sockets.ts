import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { until } from '../end-to-end/processes.ts';
import { comparable } from './comparable.ts';
import type { Backend } from './prefect-backends.ts';

interface Client {
  readonly heard: unknown[];
  readonly closed: () => string | undefined;
  say(message: unknown): void;
  end(): void;
}

type Heard = Readonly<Record<string, unknown>>;
type Connect = (path: string, protocols?: readonly string[]) => Promise<Client>;

const protocol = ['prefect'];
const Identified = z.looseObject({ id: z.string() });

/** Messages of each socket in each situation, by the situation's name. */
export async function socketTour(backend: Backend, token: string | undefined): Promise<Heard> {
  const connect: Connect = (path, protocols = protocol) =>
    open(`${backend.apiUrl}${path}`, protocols);
  const joined = async (path: string): Promise<Client> => {
    const client = await connect(path);
    client.say({ type: 'auth', token: token ?? null });
    await heardOf(client, 1);
    return client;
  };
  return {
    ...(await handshakes(connect, token)),
    ...(await refusals(joined)),
    ...(await events(backend, joined)),
    ...(await logs(backend, joined)),
    ...(await channel(backend, joined)),
  };
}

type Join = (path: string) => Promise<Client>;

const sockets = ['/events/in', '/events/out', '/logs/out', '/work_pools/none/workers/connect'];

async function handshakes(connect: Connect, token: string | undefined): Promise<Heard> {
  const told: Record<string, unknown> = {};
  for (const path of [...sockets, '/nothing']) {
    const refused = await connect(path, []);
    told[`${path} without subprotocol`] = await firstOf(refused, 'open');
    const firsts = [
      { type: 'auth' },
      { type: 'auth', token: null },
      { type: 'auth', token: `not ${token}` },
    ];
    for (const first of [...firsts, { type: 'filter' }]) {
      const client = await connect(path);
      client.say(first);
      told[`${path} begins with ${JSON.stringify(first)}`] = await firstOf(client, 'silent');
    }
  }
  return told;
}

async function refusals(join: Join): Promise<Heard> {
  const told: Record<string, unknown> = {};
  const cases = [
    ['/events/out', { type: 'other' }],
    ['/events/out', { type: 'filter', filter: { nope: 1 } }],
    ['/events/out', { type: 'filter', filter: { occurred: { since: 'yesterday' } } }],
    ['/logs/out', { type: 'other' }],
    ['/logs/out', { type: 'filter', filter: { nope: 1 } }],
    ['/events/in', { no: 'event' }],
    ['/work_pools/none/workers/connect', { type: 'other' }],
    ['/work_pools/none/workers/connect', hello({ create_pool_if_not_found: false })],
    ['/work_pools/none/workers/connect', hello({ nope: 1 })],
    ['/work_pools/none/workers/connect', hello({ supported_channel_versions: ['v0'] })],
    ['/work_pools/none/workers/connect', hello({ requested_capabilities: [] })],
    [
      '/work_pools/none/workers/connect',
      hello({ default_base_job_template: { job_configuration: {} } }),
    ],
    ['/work_pools/prefect-x/workers/connect', hello({})],
  ] as const;
  for (const [path, message] of cases) {
    const client = await join(path);
    client.say(message);
    const close = await until(`${path} to close`, 20_000, async () => client.closed(), 20);
    told[`${path} hears ${JSON.stringify(shown(message))}`] = close;
  }
  return told;
}

async function events(backend: Backend, join: Join): Promise<Heard> {
  const event = (name: string, resource = 'tour.thing'): object => ({
    id: randomUUID(),
    occurred: new Date().toISOString(),
    event: name,
    resource: { 'prefect.resource.id': resource, 'prefect.resource.name': 'n' },
    related: [{ 'prefect.resource.id': 'tour.other', 'prefect.resource.role': 'friend' }],
    payload: { a: 1 },
  });
  const filter = {
    occurred: { since: new Date(Date.now() - 60_000).toISOString(), until: '2100-01-01T00:00:00Z' },
    event: { name: ['tour.first', 'tour.second', 'tour.third'] },
  };
  await backend.ask('POST', '/events', [event('tour.first'), event('tour.unheard')]);
  await until('the event to be kept', 20_000, async () => {
    const { body } = await backend.ask('POST', '/events/filter', { filter });
    return z.object({ events: z.array(z.unknown()) }).parse(body).events.length === 1
      ? true
      : undefined;
  });
  const all = await join('/events/out');
  all.say({ type: 'filter', filter });
  await heardOf(all, 2);
  const one = await join('/events/out');
  one.say({
    type: 'filter',
    backfill: false,
    filter: { ...filter, any_resource: { id: ['tour.mine'] } },
  });
  const into = await join('/events/in');
  const listening = await until('a listener without backfill', 20_000, async () => {
    into.say(event('tour.second', 'tour.mine'));
    return one.heard.length > 1 ? true : undefined;
  });
  into.say(event('tour.third', 'tour.mine'));
  await until(
    'the third',
    20_000,
    async () => nameOf(all.heard.at(-1)) === 'tour.third' || undefined,
    20,
  );
  for (const client of [all, one, into]) client.end();
  return {
    'events before and after':
      listening && unique(all.heard.map((message) => comparable(message, new Map()))),
    'events of one resource': unique(
      one.heard.map((message) => comparable(message, new Map())),
    ).slice(0, 2),
    'events of a run': await stateChanges(backend, join),
  };
}

/** A run's states up to Cancelling, as a subscriber of its work pool receives them. */
async function stateChanges(backend: Backend, join: Join): Promise<unknown> {
  const idOf = async (path: string, body: object): Promise<string> =>
    Identified.parse((await backend.ask('POST', path, body)).body).id;
  const pool = 'socket-tour';
  const poolId = await idOf('/work_pools/', { name: pool, type: 'ecs' });
  const flowId = await idOf('/flows/', { name: 'sockets' });
  const deployment = { name: 'd', flow_id: flowId, work_pool_name: pool, tags: ['t'] };
  const deploymentId = await idOf('/deployments/', deployment);
  const out = await join('/events/out');
  out.say({
    type: 'filter',
    filter: {
      occurred: {
        since: new Date(Date.now() - 60_000).toISOString(),
        until: '2100-01-01T00:00:00Z',
      },
      event: { name: ['prefect.flow-run.Pending', 'prefect.flow-run.Cancelling'] },
      any_resource: { id: [`prefect.work-pool.${poolId}`] },
    },
  });
  const run = await idOf(`/deployments/${deploymentId}/create_flow_run`, {
    name: 'r',
    state: { type: 'SCHEDULED' },
  });
  for (const [type, name] of [
    ['PENDING', 'Pending'],
    ['CANCELLING', 'Cancelling'],
  ] as const) {
    await backend.ask('POST', `/flow_runs/${run}/set_state`, {
      state: { type, name, message: `to ${name}` },
    });
  }
  await heardOf(out, 3);
  out.end();
  return withoutOrder(comparable(out.heard, new Map()));
}

async function logs(backend: Backend, join: Join): Promise<Heard> {
  const flowRunId = randomUUID();
  const line = (message: string, level = 20, id: string | null = flowRunId): object => ({
    name: 'prefect.flow_runs',
    level,
    message,
    timestamp: new Date().toISOString(),
    flow_run_id: id,
  });
  await backend.ask('POST', '/logs/', [line('before')]);
  const out = await join('/logs/out');
  out.say({ type: 'filter', filter: { flow_run_id: { any_: [flowRunId] }, level: { ge_: 20 } } });
  await until('the listener to be there', 20_000, async () => {
    await backend.ask('POST', '/logs/', [line('is anybody there?')]);
    return out.heard.length > 1 ? true : undefined;
  });
  await backend.ask('POST', '/logs/', [line('low', 10), line('of nobody', 20, null), line('last')]);
  await until('the last line', 20_000, async () =>
    JSON.stringify(out.heard.at(-1)).includes('"last"') ? true : undefined,
  );
  out.end();
  return { 'log lines': unique(out.heard.map((message) => comparable(message, new Map()))) };
}

async function channel(backend: Backend, join: Join): Promise<Heard> {
  const pool = 'channel-tour';
  const path = `/work_pools/${pool}/workers/connect`;
  const worker = await join(path);
  worker.say(hello({}));
  await heardOf(worker, 2);
  await backend.ask('PATCH', `/work_pools/${pool}`, { concurrency_limit: 3 });
  await heardOf(worker, 3);
  const lost = await join(path);
  lost.say(hello({ work_queue_names: ['no such queue'] }));
  const noQueue = await until('the queue to be missed', 20_000, async () => lost.closed(), 20);
  await backend.ask('DELETE', `/work_pools/${pool}`);
  const gone = await until('the channel to close', 20_000, async () => worker.closed(), 20);
  return { 'worker channel': comparable(worker.heard, new Map()), noQueue, gone };
}

function hello(change: object): object {
  return {
    type: 'worker.hello.v1',
    id: '0198e6a0-0000-7000-8000-000000000001',
    sent_at: new Date().toISOString(),
    payload: {
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
      default_base_job_template: {
        job_configuration: { cpu: '{{ cpu }}' },
        variables: { properties: { cpu: { type: 'integer' } } },
      },
      worker_metadata: null,
      ...change,
    },
  };
}

function shown(message: object): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value: unknown) => (key === 'sent_at' ? '<now>' : value)),
  );
}

function nameOf(message: unknown): string | undefined {
  return z.object({ event: z.object({ event: z.string() }) }).safeParse(message).data?.event.event;
}

function unique(messages: readonly unknown[]): readonly unknown[] {
  return [...new Map(messages.map((message) => [JSON.stringify(message), message])).values()];
}

/** Sorts related resources, which the server lists in no fixed order. */
function withoutOrder(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
    key === 'related' && Array.isArray(inner)
      ? inner.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
      : inner,
  );
}

function heardOf(client: Client, count: number): Promise<true> {
  return until(
    `${count} messages, or the end; heard ${JSON.stringify(client.heard)}`,
    20_000,
    async () => (client.heard.length >= count || client.closed() !== undefined ? true : undefined),
    20,
  );
}

/** A client's first message or close, or `otherwise` if neither comes. */
async function firstOf(client: Client, otherwise: string): Promise<unknown> {
  const first = (): unknown => client.heard[0] ?? client.closed();
  await until('a word', 700, async () => first(), 20).catch(() => undefined);
  client.end();
  return first() ?? otherwise;
}

function open(url: string, protocols: readonly string[]): Promise<Client> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols]);
    const heard: unknown[] = [];
    let close: string | undefined;
    const client: Client = {
      heard,
      closed: () => close,
      say: (message) => socket.send(JSON.stringify(message)),
      end: () => socket.terminate(),
    };
    socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString('utf8'))));
    socket.on('open', () => resolve(client));
    socket.on('close', (code, reason) => (close ??= `${code} ${reason.toString('utf8')}`));
    socket.on('unexpected-response', (_request, response) => {
      close = `HTTP ${response.statusCode}`;
      resolve({ ...client, say: () => undefined, end: () => undefined });
    });
    socket.on('error', () => resolve(client));
  });
}
