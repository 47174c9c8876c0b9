import { describe, expect, it } from 'vitest';
import { Router } from '../../src/local/prefect/router.ts';
import { allRoutes } from '../../src/local/prefect/routes/index.ts';
import calls from './engine-calls.json' with { type: 'json' };

const sockets = ['WS /events/in', 'WS /events/out'];

/**
 * What `prefect flow-run execute` 3.8.8 asked of the real server, recorded through a proxy over
 * flows that complete, fail, retry, suspend, are cancelled, call a subflow, use a block, a variable
 * and a concurrency limit.
 */
describe('the calls of the flow engine', () => {
  const router = new Router(allRoutes(false));
  const anId = '6f1b1c1e-0000-4000-8000-000000000001';

  it.each(calls.filter((call) => !call.startsWith('WS ')))('%s has a route here', (call) => {
    const [method = '', path = ''] = call.split(' ');

    expect(router.match(method, path.replaceAll('{id}', anId))).toHaveProperty('route');
  });

  it('opens the sockets that are here', () => {
    expect(calls.filter((call) => call.startsWith('WS '))).toEqual(sockets);
  });
});
