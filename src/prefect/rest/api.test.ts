import { expect, it } from 'vitest';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { anHttp } from './an-http.test-support.ts';
import { prefectApi } from './api.ts';

const never = new AbortController().signal;

interface Asked {
  readonly offset: number;
  readonly limit: number;
  readonly flow_runs: { readonly expected_start_time?: { readonly after_: string } };
}

/** An API whose server has these flow runs, and the request bodies that it received. */
function apiOf(flowRuns: readonly object[], afterPage: () => unknown = () => undefined) {
  const asked: Asked[] = [];
  const clock = new ManualClock();
  const http = anHttp({
    maxRetries: 0,
    fetch: (_url, { body }) => {
      const question = JSON.parse(body ?? '') as Asked; // written by filters.ts
      asked.push(question);
      const { offset, limit, flow_runs: filter } = question;
      const from = filter.expected_start_time?.after_ ?? '';
      const timeOf = (run: object): string =>
        'expected_start_time' in run ? String(run.expected_start_time) : '';
      const found = flowRuns.filter((run) => timeOf(run) >= from);
      const text = JSON.stringify(found.slice(offset, offset + limit));
      afterPage();
      return Promise.resolve({
        status: 200,
        headers: new Headers(),
        text: () => Promise.resolve(text),
      });
    },
    clock,
  });
  return {
    api: prefectApi({ http, isCloud: false, workerId: () => undefined, clock, log: silentLogger }),
    asked,
  };
}

const flowRun = (at: number): object => ({
  id: `run-${at}`,
  name: `name-${at}`,
  flow_id: 'flow',
  labels: { at },
  state: { type: 'PENDING', message: `message ${at}` },
});

const later = (at: number): object => ({
  ...flowRun(at),
  expected_start_time: `2030-01-01T00:${String(at).padStart(6, '0')}`,
});

async function headsOf(
  api: Pick<ReturnType<typeof apiOf>['api'], 'listFlowRuns'>,
): Promise<readonly string[]> {
  const heads: string[] = [];
  await api.listFlowRuns({ stateTypes: ['PENDING'] }, ({ id }) => heads.push(id), never);
  return heads;
}

it('Flow runs are listed page by page, from the time of the last one on', async () => {
  const { api, asked } = apiOf(Array.from({ length: 450 }, (_, at) => later(at)));

  expect(await headsOf(api)).toEqual(Array.from({ length: 450 }, (_, at) => `run-${at}`));
  expect(asked).toMatchObject([
    { sort: 'EXPECTED_START_TIME_ASC', offset: 0 },
    { offset: 0, flow_runs: { expected_start_time: { after_: '2030-01-01T00:000199' } } },
    { offset: 0, flow_runs: { expected_start_time: { after_: '2030-01-01T00:000398' } } },
  ]);
});

it('No flow run is skipped although others end between two pages', async () => {
  const flowRuns = Array.from({ length: 450 }, (_, at) => later(at));
  const { api } = apiOf(flowRuns, () => flowRuns.splice(0, 50));

  expect(new Set(await headsOf(api))).toEqual(
    new Set(Array.from({ length: 450 }, (_, at) => `run-${at}`)),
  );
});

it('Flow runs of one instant, or without a time, are listed over several pages', async () => {
  const sameTime = Array.from({ length: 250 }, (_, at) => ({
    ...flowRun(at),
    expected_start_time: 'now',
  }));
  const timeless = Array.from({ length: 250 }, (_, at) => flowRun(at));

  for (const flowRuns of [sameTime, timeless])
    expect(await headsOf(apiOf(flowRuns).api)).toHaveLength(250);
});

it('Of a listed flow run, only the head is read', async () => {
  const { api } = apiOf([
    {
      ...flowRun(7),
      state_id: 's7',
      state_type: 'SCHEDULED',
      empirical_policy: { retry_type: 'in_process' },
    },
    { id: 'run-8', name: 5, state: null, labels: null },
  ]);
  const heads: unknown[] = [];

  await api.listFlowRuns({}, (head) => heads.push(head), never);

  const none = {
    expectedStartTime: undefined,
    retryType: undefined,
    stateId: undefined,
    stateType: undefined,
  };
  const noState = {
    message: undefined,
    timestamp: undefined,
    transitionId: undefined,
    leaseId: undefined,
    isSuspended: false,
  };
  expect(heads).toEqual([
    {
      ...none,
      id: 'run-7',
      stateId: 's7',
      stateType: 'SCHEDULED',
      retryType: 'in_process',
      labels: { at: 7 },
      hasLabels: true,
      state: { ...noState, message: 'message 7' },
    },
    { ...none, id: 'run-8', labels: {}, hasLabels: false, state: noState },
  ]);
});
