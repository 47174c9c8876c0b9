import { describe, expect, it } from 'vitest';
import { Router } from '../../src/local/prefect/router.ts';
import { allRoutes } from '../../src/local/prefect/routes/index.ts';
import calls from './engine-calls.json' with { type: 'json' };

const sockets = ['WS /events/in', 'WS /events/out'];

/**
 * The calls of `prefect flow-run execute` 3.8.8 to the real server, recorded by a proxy. The flows
 * completed, failed, retried, suspended, were cancelled, called a subflow, and used a block, a
 * variable and a concurrency limit.
 */
describe('The local Prefect', () => {
  const router = new Router(allRoutes(false));
  const anId = '6f1b1c1e-0000-4000-8000-000000000001';

  it.each(calls.filter((call) => !call.startsWith('WS ')))(
    'has a route for the engine’s call %s',
    (call) => {
      const [method = '', path = ''] = call.split(' ');

      expect(router.match(method, path.replaceAll('{id}', anId))).toHaveProperty('route');
    },
  );

  it('has every socket that the engine opens', () => {
    expect(calls.filter((call) => call.startsWith('WS '))).toEqual(sockets);
  });
});
