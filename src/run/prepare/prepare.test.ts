import { expect, it } from 'vitest';
import { PrefectApiError, PrefectUnreachableError } from '../../core/prefect/api-error.ts';
import { FlowRun } from '../../core/prefect/flow-run.ts';
import { WorkPool } from '../../core/prefect/work-pool.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { Definitions } from '../shared/task-definitions.ts';
import { prepare, type PreparePorts } from './prepare.ts';

const never = new AbortController().signal;
const aRun = FlowRun.parse({
  id: 'run-1',
  name: 'nightly',
  flow_id: 'flow-1',
  deployment_id: 'deployment-1',
});

const preparing = { flowRun: aRun, log: silentLogger, isAdopted: false, conceal: () => undefined };

/** Ports of a launch whose deployment cannot be read for this reason. */
function portsThatFail(failure: Error): PreparePorts {
  const unused = (): Promise<never> => Promise.reject(new Error('not asked'));
  return {
    judge: 'us',
    loop: { pause: () => Promise.resolve() },
    breaker: undefined,
    notices: undefined,
    prefect: { readBlockDocument: unused, readBlockDocumentByName: unused, readVariable: unused },
    reads: { deployment: () => Promise.reject(failure), flow: unused },
    aws: { sessionFor: unused },
    definitions: new Definitions(new ManualClock(), seededRandom(1), () => ({
      attempts: 1,
      initialDelaySeconds: 0,
      maxDelaySeconds: 0,
    })),
    workPool: () => WorkPool.parse({ id: 'p', name: 'p', type: 'ecs', base_job_template: {} }),
    worker: () => ({ name: 'w', processId: 'p', backendId: undefined, prefectVersion: '3.8.8' }),
    settings: () => {
      throw new Error('not asked');
    },
    logFor: () => silentLogger,
  };
}

const answered = (status: number): PrefectApiError =>
  new PrefectApiError({
    status,
    method: 'GET',
    path: '/deployments/deployment-1',
    detail: undefined,
  });

it.each([
  new PrefectUnreachableError('http://x/api', 'ECONNREFUSED'),
  answered(503),
  answered(429),
])('A run stays scheduled while Prefect is ill: %s', async (error) => {
  await expect(prepare(preparing, portsThatFail(error), never)).rejects.toBe(error);
});

it('A run whose preparation is refused keeps the error, to be crashed with it later', async () => {
  const error = answered(403);

  expect(await prepare(preparing, portsThatFail(error), never)).toEqual({ kind: 'failed', error });
});
