import { expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { anHttp } from './an-http.test-support.ts';
import { prefectApi } from './api.ts';

const never = new AbortController().signal;

/** An API whose server has these flow runs, and the bodies that it was asked with. */
function apiOf(flowRuns: readonly object[], afterPage: () => unknown = () => undefined) {
  const asked: { readonly offset: number; readonly limit: number }[] = [];
  const http = anHttp({
    maxRetries: 0,
    fetch: (_url, { body }) => {
      const { offset, limit } = JSON.parse(body ?? '') as { offset: number; limit: number }; // as filters.ts writes it
      asked.push({ offset, limit });
      const text = JSON.stringify(flowRuns.slice(offset, offset + limit));
      afterPage();
      return Promise.resolve({ status: 200, headers: new Headers(), text: () => Promise.resolve(text) });
    },
    clock: new ManualClock(),
  });
  return { api: prefectApi({ http, isCloud: false, workerId: () => undefined }), asked };
}

const flowRun = (at: number): object => ({
  id: `run-${at}`,
  name: `name-${at}`,
  flow_id: 'flow',
  labels: { at },
  state: { type: 'PENDING', message: `message ${at}` },
});

it('filters flow runs over all pages', async () => {
  const { api, asked } = apiOf(Array.from({ length: 450 }, (_, at) => flowRun(at)));

  const found = await api.filterFlowRuns({ stateTypes: ['PENDING'] }, never);

  expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 450 }, (_, at) => `run-${at}`));
  expect(asked.map(({ offset }) => offset)).toEqual([0, 200, 400]);
});

it('tells a flow run once that a new one has shifted to the next page', async () => {
  const flowRuns = Array.from({ length: 250 }, (_, at) => flowRun(at));
  const { api } = apiOf(flowRuns, () => flowRuns.unshift(flowRun(250)));

  const found = await api.filterFlowRuns({}, never);

  expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, at) => `run-${at}`));
});

it('asks for no page after the last of the ids it was given', async () => {
  const { api, asked } = apiOf(Array.from({ length: 200 }, (_, at) => flowRun(at)));

  await api.filterFlowRuns({ ids: Array.from({ length: 200 }, (_, at) => `run-${at}`) }, never);

  expect(asked).toHaveLength(1);
});

it('reads no more than the head of a flow run that is not wanted', async () => {
  const unreadable = { id: 'unreadable', labels: {}, name: 5 };
  const { api } = apiOf([flowRun(0), unreadable, flowRun(1)]);

  const found = await api.filterFlowRuns({}, never, ({ id }) => id !== 'unreadable');

  expect(found.map(({ id }) => id)).toEqual(['run-0', 'run-1']);
});

it('tells of a flow run what its state says and its labels, before it is read', async () => {
  const { api } = apiOf([flowRun(7), { ...flowRun(8), state: null, labels: null }]);
  const heads: unknown[] = [];

  await api.filterFlowRuns({}, never, (head) => heads.push(head) === 0);

  expect(heads).toEqual([
    { id: 'run-7', labels: { at: 7 }, state: { message: 'message 7', timestamp: undefined } },
    { id: 'run-8', labels: {}, state: { message: undefined, timestamp: undefined } },
  ]);
});
