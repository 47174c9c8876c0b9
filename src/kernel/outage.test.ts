import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loggerOver } from './console-logger.ts';
import { ManualClock } from './manual-clock.ts';
import {
  afterFailure,
  errorAtOnce,
  durationWords,
  Outage,
  usualPace,
  well,
  type OutageState,
} from './outage.ts';

const minute = 60_000;

function polling() {
  const clock = new ManualClock('2030-01-01T14:02:00.000Z');
  const lines: string[] = [];
  const log = loggerOver((level, message) => {
    if (level !== 'debug')
      lines.push(`${clock.now().toISOString().slice(11, 16)} ${level} ${message}`);
  }, {});
  return { clock, lines, outage: new Outage({ what: 'Polling', calls: 'polls' }, { clock, log }) };
}

describe('An outage', () => {
  it('is logged at its beginning, as an error after two minutes, every ten minutes, and at its end', async () => {
    const { clock, lines, outage } = polling();
    for (let polls = 0; polls < 25 * 6; polls += 1) {
      outage.failed(new Error(polls < 6 ? '503' : '401'));
      await clock.elapse(10_000);
    }
    outage.succeeded();
    outage.succeeded();

    expect(lines).toEqual([
      '14:02 warning Polling failed and is retried: 503.',
      '14:04 error Polling has been failing since 14:02 UTC (13 polls). Last error: 401.',
      '14:14 error Polling has been failing since 14:02 UTC (73 polls). Last error: 401.',
      '14:24 error Polling has been failing since 14:02 UTC (133 polls). Last error: 401.',
      '14:27 info Polling works again after 25 min (150 polls failed).',
    ]);
  });

  it('began when the first failed call was made, which may have hung for minutes', async () => {
    const { clock, lines, outage } = polling();
    await clock.elapse(7 * minute);
    outage.failed(new Error('no answer within 60 s'), usualPace, 0);
    await clock.elapse(7 * minute);
    outage.failed(new Error('no answer within 60 s'), usualPace, 7 * minute);
    await clock.elapse(3 * minute);
    outage.failed(new Error('no answer within 60 s'));

    expect(lines).toEqual([
      '14:09 error Polling failed and is retried: no answer within 60 s.',
      '14:19 error Polling has been failing since 14:02 UTC (3 polls). Last error: no answer within 60 s.',
    ]);
  });

  it('of a denied permission is an error at once, and a forgotten one has no end', async () => {
    const { clock, lines, outage } = polling();
    outage.failed(new Error('denied.'), errorAtOnce);
    await clock.elapse(9 * minute);
    outage.failed(new Error('denied.'), errorAtOnce);
    outage.forget();
    outage.succeeded();

    expect(lines).toEqual(['14:02 error Polling failed and is retried: denied.']);
  });

  it('that lasted over midnight is logged with its date and duration', async () => {
    const { clock, lines, outage } = polling();
    outage.failed(new Error('503'));
    await clock.elapse(10 * 60 * minute);
    outage.failed(new Error('503'));

    expect(lines.at(-1)).toBe(
      '00:02 error Polling has been failing since 2030-01-01 14:02 UTC (2 polls). Last error: 503.',
    );
    expect([5_000, 3 * minute, 3 * 60 * minute, 185 * minute].map(durationWords)).toEqual([
      '5 s',
      '3 min',
      '3 h',
      '3 h 5 min',
    ]);
  });

  it('logs at most three lines and one in ten minutes, never stops logging, and never lowers its level', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 5 * minute }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(waits, (gaps) => {
        let state: OutageState = well;
        let nowMs = 0;
        const told: { readonly atMs: number; readonly level: string }[] = [];
        for (const gap of gaps) {
          nowMs += gap;
          const after = afterFailure(state, { begunMs: nowMs, nowMs }, usualPace);
          state = after.state;
          if (after.tell !== undefined) told.push({ atMs: nowMs, level: after.tell });
          expect(nowMs - (told.at(-1)?.atMs ?? -Infinity)).toBeLessThan(10 * minute);
        }
        const lastedMs = nowMs - (told[0]?.atMs ?? 0);
        expect(told.length).toBeLessThanOrEqual(2 + lastedMs / (10 * minute));
        expect(told.map(({ level }) => level).join()).toMatch(/^warning(,error)*$/);
      }),
    );
  });
});
