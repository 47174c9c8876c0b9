import { describe, expect, it } from 'vitest';
import { PrefectApiError } from '../core/prefect/api-error.ts';
import { loggerOver } from '../kernel/console-logger.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import { PrefectDenials } from './prefect-denials.ts';
import { Readiness } from './readiness.ts';

const answered = (status: number): Error =>
  new PrefectApiError({
    status,
    method: 'POST',
    path: '/polls',
    detail: 'No',
    sentAs: 'PREFECT_API_KEY from the environment was sent',
  });

function aWorker() {
  const clock = new ManualClock('2030-01-01T14:02:00.000Z');
  const errors: string[] = [];
  const log = loggerOver((level, message) => {
    if (level === 'error') errors.push(`${clock.now().toISOString().slice(11, 19)} ${message}`);
  }, {});
  const readiness = new Readiness(log);
  return { clock, errors, readiness, denials: new PrefectDenials({ clock, log, readiness }) };
}

describe('Denied polls and heartbeats', () => {
  it('Denied polls and heartbeats log one error line a minute and block readiness', async () => {
    const { clock, errors, readiness, denials } = aWorker();
    for (let seconds = 0; seconds <= 180; seconds += 10) {
      denials.failed('polls', answered(401));
      if (seconds % 30 === 0) denials.failed('heartbeats', answered(403));
      if (seconds === 50) expect(readiness.readiness()).toEqual({ kind: 'ready' });
      await clock.elapse(10_000);
    }

    expect(errors.map((line) => line.slice(0, 8))).toEqual(['14:03:00', '14:04:00', '14:05:00']);
    expect(errors[0]).toBe(
      "14:03:00 Prefect has denied this worker's heartbeats and polls since 14:02 UTC. Prefect answered 401 to POST /polls: No; " +
        'PREFECT_API_KEY from the environment was sent. No new flow run starts; running tasks are ' +
        'still followed. Restart the worker with an API key that has access to this pool.',
    );
    expect(readiness.readiness().kind).toBe('not-ready');
  });

  it('Denied polls and heartbeats block readiness until Prefect accepts both again', async () => {
    const { clock, readiness, denials } = aWorker();
    for (const status of [401, 503, 401]) {
      denials.failed('polls', answered(status));
      denials.failed('heartbeats', answered(status));
      await clock.elapse(60_000);
    }

    denials.answered('polls');
    expect(readiness.readiness().kind).toBe('not-ready');
    denials.failed('heartbeats', answered(503));
    expect(readiness.readiness().kind).toBe('not-ready');
    denials.answered('heartbeats');
    denials.answered('heartbeats');
    expect(readiness.readiness()).toEqual({ kind: 'ready' });
  });

  it('Polls and heartbeats denied for less than a minute are not reported', async () => {
    const { clock, errors, readiness, denials } = aWorker();
    denials.failed('polls', answered(401));
    await clock.elapse(50_000);
    denials.failed('polls', answered(401));
    denials.answered('polls');
    await clock.elapse(60_000);
    denials.failed('polls', answered(401));

    expect(errors).toEqual([]);
    expect(readiness.readiness()).toEqual({ kind: 'ready' });
  });
});
