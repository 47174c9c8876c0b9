import type { Attempt } from './hostile-page.ts';
import type { PlainRequest } from './other-user.ts';
import { family } from './victim.ts';

type Fetch = Extract<Attempt, { readonly how: 'fetch' }>;

const launch = {
  taskDefinition: family,
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'] } },
};
const launchForm = `Action=RunTask&Version=2014-11-13&taskDefinition=${family}&__proto__.family=evil`;
const anyKey =
  'AWS4-HMAC-SHA256 Credential=123456789012/20300101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=' +
  '0'.repeat(64);
const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain' };
const signed = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'AmazonEC2ContainerServiceV20141113.RunTask',
  authorization: anyKey,
};
const rule = JSON.stringify({ operation: '*', fault: { kind: 'hang' } });
const hello = JSON.stringify({ type: 'auth', token: null });
const guess = JSON.stringify({ type: 'auth', token: 'dev:guess' });

const asking = (
  method: string,
  url: string,
  headers: Fetch['headers'],
  body?: unknown,
): Attempt => ({
  how: 'fetch',
  mode: 'cors',
  url,
  method,
  headers,
  ...(body !== undefined && { body: JSON.stringify(body) }),
});
const unasked = (url: string, headers: Fetch['headers'], body: string): Attempt => ({
  how: 'fetch',
  mode: 'no-cors',
  method: 'POST',
  url,
  headers,
  body,
});
const form = (url: string, enctype: string, name: string, value = ''): Attempt => ({
  how: 'form',
  url,
  enctype,
  name,
  value,
});
const socket = (
  url: string,
  protocols: readonly string[],
  ...messages: readonly string[]
): Attempt => ({
  how: 'socket',
  url: url.replace(/^http/, 'ws'),
  protocols,
  messages,
});

/** The two servers of a `dev`, whose addresses a page can guess. */
export interface Addresses {
  readonly ready: { readonly AWS_ENDPOINT_URL: string; readonly PREFECT_API_URL: string };
  readonly pool: string;
}

/** Attempts on both servers, by the kind of page that makes them. */
export function attemptsOn(victim: Addresses, deploymentId: string) {
  const { AWS_ENDPOINT_URL: aws, PREFECT_API_URL: api } = victim.ready;
  const run = `${api}/deployments/${deploymentId}/create_flow_run`;
  const pool = `${api}/work_pools/${victim.pool}`;
  return {
    foreign: foreign({ aws, api, run, pool }),
    /** A page of another program on this machine or of a TLS proxy: other port, other scheme. */
    neighbour: neighbour({ aws, api, run, pool }),
    /** A sandboxed page, with the origin `null`. */
    nameless: nameless({ aws, api, run, pool }),
  };
}

interface Targets {
  readonly aws: string;
  readonly api: string;
  /** Creates a flow run. */
  readonly run: string;
  readonly pool: string;
}

function foreign({ aws, api, run, pool }: Targets): readonly Attempt[] {
  return [
    unasked(aws, text, JSON.stringify(launch)),
    unasked(aws, {}, JSON.stringify(launch)),
    unasked(aws, { 'content-type': 'application/x-www-form-urlencoded' }, launchForm),
    unasked(`${aws}/_local/faults`, text, rule),
    asking('POST', aws, signed, launch),
    asking('DELETE', `${aws}/_local/faults`, {}),
    form(aws, 'application/x-www-form-urlencoded', 'Action', 'RunTask'),
    form(aws, 'multipart/form-data', 'Action', 'RunTask'),
    form(aws, 'text/plain', '{"taskDefinition":"job","x":"', '"}'),
    { how: 'img', url: `${aws}/?${launchForm}` },
    { how: 'script', url: `${aws}/_local/tasks` },
    { how: 'beacon', url: `${aws}/_local/faults`, body: rule },
    unasked(run, text, '{}'),
    unasked(run, {}, '{}'),
    unasked(`${api}/flows/`, text, '{"name":"evil"}'),
    asking('POST', run, json, {}),
    asking('POST', run, { ...json, authorization: `Basic ${btoa('dev:guess')}` }, {}),
    asking('PATCH', pool, json, { is_paused: true }),
    asking('DELETE', pool, {}),
    form(`${api}/flows/`, 'text/plain', '{"name":"evil","x":"', '"}'),
    form(run, 'application/x-www-form-urlencoded', 'name', 'evil'),
    { how: 'img', url: `${api}/flow_runs/filter` },
    { how: 'script', url: `${api}/admin/settings` },
    { how: 'beacon', url: run, body: '{}' },
    socket(`${api}/events/in`, ['prefect'], hello),
    socket(`${api}/events/out`, ['prefect'], guess),
  ];
}

function neighbour({ aws, run, api, pool }: Targets): readonly Attempt[] {
  return [
    unasked(`${aws}/_local/faults`, text, rule),
    asking('GET', `${aws}/_local/calls`, {}),
    asking('POST', aws, signed, launch),
    asking('POST', run, json, {}),
    asking('POST', `${api}/flow_runs/filter`, json, {}),
    socket(
      `${api.replace('/api', '')}/api/work_pools/${pool.split('/').at(-1) ?? ''}/workers/connect`,
      ['prefect'],
      hello,
    ),
  ];
}

function nameless({ aws, run, api }: Targets): readonly Attempt[] {
  return [
    unasked(aws, {}, JSON.stringify(launch)),
    asking('GET', `${aws}/_local/tasks`, {}),
    unasked(run, {}, '{}'),
    asking('POST', run, json, {}),
    socket(`${api}/events/in`, ['prefect'], hello),
  ];
}

/**
 * Attempts after DNS rebinding: the page's own name now resolves to 127.0.0.1, so the server is of
 * its origin and the browser sends no preflight.
 */
export function attemptsAfterRebinding(victim: Addresses, deploymentId: string, host: string) {
  const rebound = (url: string): string => url.replace('127.0.0.1', host);
  const aws = rebound(victim.ready.AWS_ENDPOINT_URL);
  const api = rebound(victim.ready.PREFECT_API_URL);
  const toAws: readonly Attempt[] = [
    asking('POST', aws, signed, launch),
    asking('POST', aws, { ...signed, authorization: '' }, launch),
    asking('GET', `${aws}/_local/tasks`, {}),
    asking('DELETE', `${aws}/_local/faults`, {}),
  ];
  const toPrefect: readonly Attempt[] = [
    asking('POST', `${api}/deployments/${deploymentId}/create_flow_run`, json, {}),
    asking('POST', `${api}/admin/database/clear`, json, { confirm: true }),
    asking('DELETE', `${api}/work_pools/${victim.pool}`, {}),
    socket(`${api}/events/in`, ['prefect'], hello),
  ];
  return [
    { origin: aws, attempts: toAws },
    { origin: new URL(api).origin, attempts: toPrefect },
  ];
}

/** Requests that any program on the machine can send, with no key or a guessed one. */
export function requestsWithoutKeys(
  victim: Addresses,
  deploymentId: string,
): readonly PlainRequest[] {
  const { AWS_ENDPOINT_URL: aws, PREFECT_API_URL: api } = victim.ready;
  const send = (
    method: string,
    url: string,
    headers: Fetch['headers'],
    body?: unknown,
  ): PlainRequest => ({
    method,
    url,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const formOf = { 'content-type': 'application/x-www-form-urlencoded', authorization: anyKey };
  const guessed = { ...json, authorization: `Basic ${btoa('dev:guess')}` };
  const run = `${api}/deployments/${deploymentId}/create_flow_run`;
  const pool = `${api}/work_pools/${victim.pool}`;
  return [
    send('POST', aws, signed, launch),
    send('POST', aws, { ...signed, authorization: '' }, launch),
    send('POST', aws, { ...signed, 'x-amz-date': '20300101T000000Z' }, launch),
    send('POST', aws, formOf, launchForm),
    send('GET', `${aws}/_local/tasks`, {}),
    send('GET', `${aws}/_local/calls`, guessed),
    send('POST', `${aws}/_local/faults`, json, rule),
    send('DELETE', `${aws}/_local/faults`, guessed),
    ...[json, guessed, { ...json, authorization: 'Bearer guess' }].flatMap((headers) => [
      send('POST', run, headers, {}),
      send('POST', `${api}/flows/`, headers, { name: 'evil' }),
      send('POST', `${api}/flow_runs/filter`, headers, {}),
      send('PATCH', pool, headers, { is_paused: true }),
      send('DELETE', pool, headers),
      send('POST', `${api}/admin/database/clear`, headers, { confirm: true }),
    ]),
  ];
}
