import { expect, it } from 'vitest';
import { ManualClock } from '../kernel/manual-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { jsonRequest, awsWorld } from './aws/aws-world.test-support.ts';
import { LocalPrefect } from './prefect/local-prefect.ts';
import { serveOnLoopback } from './serve.ts';

const health = (url = 'http://prefect.local') => new Request(`${url}/api/health`);

it('Every answer of Prefect shows the time of the injected clock', async () => {
  const clock = new ManualClock('2030-01-01T00:00:00.000Z');
  await using prefect = new LocalPrefect({ clock, random: seededRandom(1) });
  prefect.faults.add({ operation: 'GET /health', fault: { kind: 'throttle' }, times: 1 });

  const throttled = await prefect.handle(health());
  await clock.elapse(1_500);
  const later = await prefect.handle(health());

  expect([throttled.status, throttled.headers.get('date')]).toEqual([
    429,
    'Tue, 01 Jan 2030 00:00:00 GMT',
  ]);
  expect(later.headers.get('date')).toBe('Tue, 01 Jan 2030 00:00:01 GMT');
});

it('Answers over a socket, too, show the injected time instead of this machine’s', async () => {
  const clock = new ManualClock('2030-01-01T00:00:00.000Z');
  await using prefect = new LocalPrefect({ clock, random: seededRandom(1) });
  const server = await serveOnLoopback(
    (request) => prefect.handle(request),
    {},
    new AbortController().signal,
  );

  const response = await fetch(health(server.url));
  await server.close();

  expect(response.headers.get('date')).toBe('Tue, 01 Jan 2030 00:00:00 GMT');
});

it('Every answer of AWS, refusals included, shows the time of the injected clock', async () => {
  await using world = awsWorld();
  const dateOf = async (operation: string) =>
    (await world.aws.handle(jsonRequest('ecs', operation, {}))).headers.get('date');

  const now = world.clock.now().toUTCString();
  expect(await dateOf('ListTasks')).toBe(now);
  expect(await dateOf('NoSuchOperation')).toBe(now);
});
