import { describe, expect, it } from 'vitest';
import {
  isDeniedByPrefect,
  isPassing,
  PrefectApiError,
  PrefectUnreachableError,
} from './api-error.ts';
import { BlockDocument } from './block-document.ts';
import { Deployment } from './deployment.ts';
import { FlowRun, FlowRunDocument } from './flow-run.ts';
import { Flow } from './flow.ts';
import { isFinal, State, stateTypes } from './state.ts';
import { WorkPool } from './work-pool.ts';
import { WorkerRecord } from './worker-record.ts';

describe('A parsed flow run', () => {
  const wire = { id: 'r', name: 'tidy-owl', flow_id: 'f', unknown_field: [1] };

  it('needs id, name and flow; other fields may be missing, and unknown ones stay in the document', () => {
    const flowRun = FlowRun.parse(wire);

    expect(flowRun.document.fields).toEqual(wire);
    expect(flowRun).toEqual({
      id: 'r',
      name: 'tidy-owl',
      flowId: 'f',
      deploymentId: undefined,
      workQueueName: undefined,
      workPoolId: undefined,
      workPoolName: undefined,
      stateType: undefined,
      stateName: undefined,
      state: undefined,
      infrastructurePid: undefined,
      tags: [],
      labels: {},
      jobVariables: {},
      startTime: undefined,
      nextScheduledStartTime: undefined,
      retryType: undefined,
      document: new FlowRunDocument(wire),
    });
  });

  it('frees its document on request', () => {
    const flowRun = FlowRun.parse(wire);

    flowRun.document.forget();

    expect(() => flowRun.document.fields).toThrow('forgotten');
    expect(flowRun.name).toBe('tidy-owl');
  });

  it('treats nulls as absent, and takes its state from either place', () => {
    const state = { type: 'PENDING', name: 'Submitting', state_details: { transition_id: 't' } };

    expect(
      FlowRun.parse({ ...wire, job_variables: null, tags: null, labels: null, state }),
    ).toMatchObject({
      stateType: 'PENDING',
      stateName: 'Submitting',
      state: { transitionId: 't' },
      jobVariables: {},
      tags: [],
    });
    expect(
      FlowRun.parse({
        ...wire,
        state_type: 'SCHEDULED',
        state_name: 'Late',
        deployment_id: 'd',
        work_queue_name: 'q',
        work_pool_id: 'p',
        work_pool_name: 'pool',
        infrastructure_pid: 'c::t',
        start_time: '2026-01-01T00:00:00Z',
        next_scheduled_start_time: '2026-01-01T00:00:00Z',
        empirical_policy: { retry_type: 'in_process' },
      }),
    ).toMatchObject({
      stateType: 'SCHEDULED',
      stateName: 'Late',
      deploymentId: 'd',
      workQueueName: 'q',
      workPoolId: 'p',
      workPoolName: 'pool',
      infrastructurePid: 'c::t',
      retryType: 'in_process',
    });
  });

  it('is refused without a name, with the invalid field', () => {
    expect(
      FlowRun.safeParse({ id: 'r', flow_id: 'f' }).error?.issues.map((issue) => issue.path),
    ).toEqual([['name']]);
  });
});

describe('Other parsed documents', () => {
  it('a flow', () => {
    expect(Flow.parse({ id: 'f', name: 'n', tags: null, x: 1 })).toEqual({
      id: 'f',
      name: 'n',
      tags: [],
      document: { id: 'f', name: 'n', tags: null, x: 1 },
    });
    expect(Flow.safeParse({ id: 5, name: 'n' }).success).toBe(false);
  });

  it('a deployment', () => {
    expect(Deployment.parse({ id: 'd', name: 'n' })).toEqual({
      id: 'd',
      name: 'n',
      updated: undefined,
      jobVariables: {},
      tags: [],
      labels: {},
      workPoolName: undefined,
      flowId: undefined,
    });
    expect(
      Deployment.parse({ id: 'd', name: 'n', tags: ['t'], work_pool_name: 'p', flow_id: 'f' }),
    ).toMatchObject({ tags: ['t'], workPoolName: 'p', flowId: 'f' });
    for (const [labels, read] of [
      [{ 'prefect.version': '3.4.1' }, { 'prefect.version': '3.4.1' }],
      [null, {}],
      ['odd', {}],
    ])
      expect(Deployment.parse({ id: 'd', name: 'n', labels }).labels).toEqual(read);
  });

  it('a work pool', () => {
    expect(
      WorkPool.parse({ id: 'p', name: 'n', type: 'ecs', is_paused: true, concurrency_limit: 3 }),
    ).toEqual({
      id: 'p',
      name: 'n',
      type: 'ecs',
      isPaused: true,
      concurrencyLimit: 3,
      baseJobTemplate: {},
      description: undefined,
      status: undefined,
    });
    expect(
      WorkPool.parse({ id: 'p', name: 'n', type: 'ecs', description: 'd', status: 'READY' }),
    ).toMatchObject({
      isPaused: false,
      concurrencyLimit: undefined,
      description: 'd',
      status: 'READY',
    });
  });

  it('a block document', () => {
    expect(BlockDocument.parse({ id: 'b', data: null })).toEqual({
      id: 'b',
      name: undefined,
      typeSlug: undefined,
      data: {},
    });
    expect(
      BlockDocument.parse({
        id: 'b',
        name: 'n',
        block_type: { slug: 'secret' },
        data: { value: 1 },
      }),
    ).toEqual({ id: 'b', name: 'n', typeSlug: 'secret', data: { value: 1 } });
  });

  it('a worker', () => {
    expect(WorkerRecord.parse({ id: 'w', name: 'n' })).toEqual({
      id: 'w',
      name: 'n',
      lastHeartbeatTime: undefined,
      intervalSeconds: undefined,
    });
    expect(
      WorkerRecord.parse({
        id: 'w',
        name: 'n',
        heartbeat_interval_seconds: 30,
        last_heartbeat_time: 't',
      }),
    ).toMatchObject({ intervalSeconds: 30, lastHeartbeatTime: 't' });
    for (const odd of ['30', -1, 0, {}])
      expect(
        WorkerRecord.parse({ id: 'w', name: 'n', heartbeat_interval_seconds: odd }),
      ).toMatchObject({
        intervalSeconds: undefined,
      });
  });
});

describe('A state', () => {
  it('without a name is named after its type', () => {
    expect(State.parse({ type: 'CRASHED' })).toEqual({
      id: undefined,
      type: 'CRASHED',
      name: 'Crashed',
      message: undefined,
      timestamp: undefined,
      transitionId: undefined,
      deploymentConcurrencyLeaseId: undefined,
      details: {},
    });
  });

  it('keeps all its details, so that they can be restored', () => {
    const details = { transition_id: 't', deployment_concurrency_lease_id: 'l', pause_key: 'x' };

    expect(
      State.parse({ id: 's', type: 'PENDING', name: 'P', message: 'm', state_details: details }),
    ).toMatchObject({
      id: 's',
      message: 'm',
      transitionId: 't',
      deploymentConcurrencyLeaseId: 'l',
      details,
    });
  });

  it('is final if the run has ended', () => {
    expect(stateTypes.filter(isFinal)).toEqual(['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED']);
  });
});

describe("Errors of Prefect's API", () => {
  it('contain the request and the answer', () => {
    const fact = { status: 404, method: 'GET', path: '/flows/x' };

    expect(new PrefectApiError({ ...fact, detail: 'Flow not found' }).message).toBe(
      'Prefect answered 404 to GET /flows/x: Flow not found',
    );
    expect(new PrefectApiError({ ...fact, detail: undefined }).message).toBe(
      'Prefect answered 404 to GET /flows/x',
    );
    const sentAs = 'PREFECT_API_KEY from the environment was sent';
    const told = [401, 403, 500].map(
      (status) => new PrefectApiError({ ...fact, status, detail: 'No', sentAs }),
    );
    expect(told.map(({ message }) => message)).toEqual([
      `Prefect answered 401 to GET /flows/x: No; ${sentAs}`,
      `Prefect answered 403 to GET /flows/x: No; ${sentAs}`,
      'Prefect answered 500 to GET /flows/x: No',
    ]);
    expect([...told, new Error('ours')].map(isDeniedByPrefect)).toEqual([true, true, false, false]);
    expect(new PrefectUnreachableError('http://x/api', 'refused')).toMatchObject({
      name: 'PrefectUnreachableError',
      url: 'http://x/api',
      message: expect.stringContaining('http://x/api cannot be reached: refused'),
    });
  });

  it('are temporary without an answer, or from a failing or busy server', () => {
    const answered = (status: number): Error =>
      new PrefectApiError({ status, method: 'GET', path: '/', detail: undefined });

    expect([500, 503, 429, 408].map((status) => isPassing(answered(status)))).toEqual(
      Array(4).fill(true),
    );
    expect([400, 401, 404].map((status) => isPassing(answered(status)))).toEqual(
      Array(3).fill(false),
    );
    expect(isPassing(new PrefectUnreachableError('http://x', 'refused'))).toBe(true);
    expect(isPassing(new TypeError('ours'))).toBe(false);
  });
});
