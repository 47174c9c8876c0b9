import { expect, it } from 'vitest';
import { loggerOver } from '../kernel/console-logger.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import { LogBatcher } from '../prefect/rest/log-batcher.ts';
import { LostLogLines } from './lost-log-lines.ts';

it('Log lines that Prefect refuses are counted, and the recovery is logged', async () => {
  const clock = new ManualClock('2030-01-01T14:02:00.000Z');
  const said: string[] = [];
  const log = loggerOver((level, message) => {
    if (level !== 'debug') said.push(`${level} ${message}`);
  }, {});
  const lines = new LostLogLines({ clock, log });
  let isIll = true;
  const batcher = new LogBatcher({
    write: () => (isIll ? Promise.reject(new Error('Prefect answered 500')) : Promise.resolve()),
    clock,
    batchIntervalSeconds: 2,
    batchSize: 4_000_000,
    maxLogSize: 1_000_000,
    onLost: (count, reason) => lines.lost(count, reason),
    onSent: () => lines.sent(),
  });
  const end = new AbortController();
  const running = batcher.run(end.signal).catch(() => undefined);
  const entry = {
    logger: 'x',
    level: 20,
    timestamp: clock.now(),
    microsecond: 0,
    flowRunId: 'run',
  };
  for (let seconds = 0; seconds < 180; seconds += 10) {
    for (let at = 0; at < 100; at += 1) batcher.write({ ...entry, message: `line ${at}` });
    await clock.elapse(10_000);
  }
  isIll = false;
  batcher.write({ ...entry, message: 'last' });
  await clock.elapse(10_000);
  end.abort(new Error('over'));
  await running;

  const advice =
    "Lost lines are missing from their run's log in Prefect; the worker's own log has them.";
  expect(said).toEqual([
    `warning Sending flow run log lines failed and is retried: Prefect answered 500. Lines lost so far: 100. ${advice}`,
    'error Sending flow run log lines has been failing since 14:02 UTC (13 batches). Last error: Prefect answered 500. Lines lost ' +
      `so far: 1,300. ${advice}`,
    'info Sending flow run log lines works again after 3 min (18 batches failed).',
  ]);
});
