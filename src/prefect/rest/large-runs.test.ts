import { describe, expect, it } from 'vitest';
import { TooLargeError } from '../../kernel/bytes.ts';
import { loggerOver } from '../../kernel/console-logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { anAnswer, anHttp } from './an-http.test-support.ts';
import { answerAtMost } from './answer-text.ts';
import { prefectApi } from './api.ts';

const never = new AbortController().signal;
const megabyte = 1024 * 1024;

interface Run {
  readonly id: string;
  readonly megabytes: number;
  readonly time: string;
}

interface Question {
  readonly limit?: number;
  readonly offset?: number;
  readonly scheduled_after?: string;
  readonly flow_runs?: {
    readonly id?: { readonly any_: readonly string[] };
    readonly expected_start_time?: { readonly after_: string };
  };
}

const aRun = (at: number, megabytes = 0.001): Run => ({
  id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
  megabytes,
  time: new Date(Date.UTC(2030, 0, 1) + at * 1000).toISOString(),
});

const wireOf = ({ id, time }: Run) => ({
  id,
  name: id.slice(-3),
  flow_id: 'flow',
  expected_start_time: time,
  next_scheduled_start_time: time,
});

/**
 * An API whose server has these runs, the earliest first. It answers with what the transport would
 * accept.
 */
function apiOf(runs: readonly Run[], documentOf: (run: Run) => unknown = wireOf) {
  const [asked, said]: [Question[], string[]] = [[], []];
  const clock = new ManualClock();
  const http = anHttp({
    maxRetries: 0,
    clock,
    fetch: (url, { body }) => {
      const history = /flow_run_id=(.*)$/.exec(url)?.[1];
      if (history !== undefined) {
        const time = runs.find(({ id }) => id === history)?.time;
        const state = { id: 's', type: 'SCHEDULED', state_details: { scheduled_time: time } };
        return Promise.resolve(anAnswer(200, JSON.stringify([state])));
      }
      const question = JSON.parse(body ?? '') as Question; // written by the API client
      asked.push(question);
      const { limit = 200, offset = 0, flow_runs: filter, scheduled_after } = question;
      const from = filter?.expected_start_time?.after_ ?? scheduled_after ?? '';
      const ids = filter?.id?.any_;
      const found = runs
        .filter(({ id, time }) => (ids?.includes(id) ?? true) && time >= from)
        .slice(offset, offset + limit);
      const size = found.reduce((sum, { megabytes }) => sum + megabytes, 0) * megabyte;
      const isPoll = url.endsWith('/get_scheduled_flow_runs');
      const page = found.map((run) =>
        isPoll ? { work_queue_id: 'q', flow_run: documentOf(run) } : documentOf(run),
      );
      const text = JSON.stringify(page);
      if (size > answerAtMost)
        return Promise.reject(new TooLargeError(answerAtMost, Buffer.from(text)));
      return Promise.resolve(anAnswer(200, text.padEnd(size)));
    },
  });
  const log = loggerOver((_level, message) => said.push(message), {});
  const api = prefectApi({ http, isCloud: false, workerId: () => undefined, clock, log });
  const poll = () =>
    api.readScheduledFlowRuns(
      { workPoolName: 'p', workQueueNames: [], scheduledBefore: undefined },
      never,
    );
  const list = async (): Promise<readonly string[]> => {
    const ids: string[] = [];
    await api.listFlowRuns({}, ({ id }) => ids.push(id), never);
    return ids;
  };
  return { api, asked, said, poll, list };
}

const idsOf = (runs: readonly { readonly id: string }[]): readonly string[] =>
  runs.map(({ id }) => id);

/** Prefect's own limit for parameters. */
const largest = Array.from({ length: 200 }, (_, at) => aRun(at, 0.5));

describe('Runs with large parameters', () => {
  it('are polled in smaller pages, which show that others follow', async () => {
    const { poll, asked } = apiOf(largest);

    const { runs, isCut } = await poll();

    expect(asked.map(({ limit }) => limit)).toEqual([undefined, 100, 50, 25]);
    expect(idsOf(runs.map(({ flowRun }) => flowRun))).toEqual(idsOf(largest.slice(0, 25)));
    expect(isCut).toBe(true);
  });

  it('are polled in pages of that size the next time, until larger ones fit', async () => {
    const runs = [...largest];
    const { poll, asked } = apiOf(runs);
    await poll();
    asked.length = 0;

    await poll();
    runs.splice(0, runs.length, aRun(1), aRun(2));
    for (let times = 0; times < 5; times += 1) await poll();

    expect(asked.map(({ limit }) => limit)).toEqual([25, 25, 50, 100, undefined, undefined]);
  });

  it('are listed completely', async () => {
    const { list } = apiOf(largest);

    expect(await list()).toEqual(idsOf(largest));
  });

  it('are all read by id', async () => {
    const { api } = apiOf(largest);

    const { runs, unreadable } = await api.filterFlowRuns({ ids: idsOf(largest) }, never);

    expect(idsOf(runs)).toEqual(idsOf(largest));
    expect(unreadable.size).toBe(0);
  });
});

describe('A run that is too large for any answer', () => {
  const runs = [aRun(0), aRun(1, 20), aRun(2), aRun(3)];
  const others = idsOf([aRun(0), aRun(2), aRun(3)]);

  it('is skipped by polls, and named in the log', async () => {
    const due = [...runs];
    const { poll, said } = apiOf(due);

    const claimed: string[] = [];
    for (let times = 0; times < 4; times += 1) {
      const page = await poll();
      const ids = idsOf(page.runs.map(({ flowRun }) => flowRun));
      claimed.push(...ids);
      due.splice(0, due.length, ...due.filter(({ id }) => !ids.includes(id)));
    }

    expect(claimed).toEqual(others);
    expect(said).toEqual([expect.stringContaining(`Flow run '${aRun(1).id}': `)]);
  });

  it('is skipped by a list, and named in the log', async () => {
    const { list, said } = apiOf(runs);

    expect(await list()).toEqual(others);
    expect(said).toEqual([expect.stringMatching(/0001': .* larger than 16 MB/)]);
  });

  it('is distinguished from one that does not exist', async () => {
    const { api } = apiOf(runs);

    const answer = await api.filterFlowRuns({ ids: [...idsOf(runs), 'gone'] }, never);

    expect(idsOf(answer.runs)).toEqual(others);
    expect([...answer.unreadable.keys()]).toEqual([aRun(1).id]);
  });
});

describe('A run that cannot be read', () => {
  const odd = (run: Run): unknown => ({
    ...wireOf(run),
    ...(run.id === aRun(1).id && { name: 7 }),
  });
  const runs = [aRun(0), aRun(1), aRun(2)];

  it('hides no other run of a poll', async () => {
    const { poll, said } = apiOf(runs, odd);

    const page = await poll();

    expect(idsOf(page.runs.map(({ flowRun }) => flowRun))).toEqual([aRun(0).id, aRun(2).id]);
    expect(said).toEqual([
      'Prefect returned a record that the worker cannot read and skips. ' +
        `Flow run '${aRun(1).id}': flow_run.name: found a number, expected a text`,
    ]);
  });

  it('is distinguished from one that does not exist, even without an id', async () => {
    const named = await apiOf(runs, odd).api.filterFlowRuns({ ids: idsOf(runs) }, never);
    const nameless = await apiOf(runs, (run) =>
      run.id === aRun(1).id ? 'odd' : wireOf(run),
    ).api.filterFlowRuns({ ids: idsOf(runs) }, never);

    expect([...named.unreadable.keys()]).toEqual([aRun(1).id]);
    expect(nameless.nameless).toBeInstanceOf(Error);
  });
});

it('A list whose pages repeat themselves ends', async () => {
  const http = anHttp({
    maxRetries: 0,
    clock: new ManualClock(),
    fetch: () =>
      Promise.resolve(
        anAnswer(200, JSON.stringify(Array.from({ length: 200 }, (_, at) => wireOf(aRun(at))))),
      ),
  });
  const log = loggerOver(() => undefined, {});
  const api = prefectApi({
    http,
    isCloud: false,
    workerId: () => undefined,
    clock: new ManualClock(),
    log,
  });

  await expect(api.listFlowRuns({}, () => undefined, never)).rejects.toThrow(
    'its pages repeat themselves',
  );
});
