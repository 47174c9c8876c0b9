import { expect, it } from 'vitest';
import { World } from './world.ts';

const seconds = 600;
const executionRole = 'arn:aws:iam::123456789012:role/execution';

it('An adopter shows what a container wrote unfollowed, and repeats little of it', async () => {
  const speech = () =>
    Array.from({ length: seconds }, (_, at) => ({ afterMs: at * 1_000, text: `line ${at}` }));
  await using world = await World.start({ story: () => ({ runsForMs: seconds * 1_000 }), speech });
  world.configurePool({
    configure_cloudwatch_logs: true,
    execution_role_arn: executionRole,
    stream_output: true,
  });
  const first = await world.startWorker({ name: 'first' });
  const second = await world.startWorker({ name: 'second', limit: 0 });
  const [run = ''] = world.schedule();
  await world.until('it speaks', () => world.output.length > 60, '5m');

  first.kill();
  await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');
  await world.elapse('2m');

  const shown = world.output.map(({ message }) => message);
  expect(new Set(shown).size).toBe(seconds);
  expect(shown.length).toBeLessThan(seconds + 120);
  expect(second.outside.isDead).toBe(false);
});
