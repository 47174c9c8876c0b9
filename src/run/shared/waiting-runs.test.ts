import { expect, it } from 'vitest';
import { loggerOver } from '../../kernel/console-logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { unreportedEnds, WaitingRuns } from './waiting-runs.ts';

it('Ends that Prefect does not accept share one log line, and one when all are accepted', async () => {
  const clock = new ManualClock('2030-01-01T14:02:00.000Z');
  const lines: string[] = [];
  const log = loggerOver((level, message) => lines.push(`${level} ${message}`), {});
  const ends = new WaitingRuns(unreportedEnds, { clock, log });
  const runs = Array.from({ length: 1_200 }, (_, at) => `run-${at + 1}`);
  for (let minutes = 0; minutes < 5; minutes += 1) {
    for (const run of runs) ends.failed(run, new Error('no answer within 60 s'));
    await clock.elapse(60_000);
  }
  for (const run of runs) ends.over(run);
  ends.over('run-1');

  expect(lines).toEqual([
    "warning Prefect has not accepted the end of 1 flow run since 14:02 UTC: 'run-1'. The worker keeps reporting them until it does. Last: " +
      'no answer within 60 s.',
    "error Prefect has not accepted the end of 1,200 flow runs since 14:02 UTC: 'run-1', 'run-2', 'run-3' and 1,197 more. The " +
      'worker keeps reporting them until it does. Last: no answer within 60 s.',
    'info Prefect accepts the ends of flow runs again, after 5 min.',
  ]);
});
