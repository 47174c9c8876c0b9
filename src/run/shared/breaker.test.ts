import { describe, expect, it } from 'vitest';
import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { loggerOver } from '../../kernel/console-logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { Breaker } from './breaker.ts';
import { HeldBackError, type Asking } from './gate.ts';

const never = new AbortController().signal;
const ill = new AwsCallError({
  code: 'ServerException',
  message: 'oops',
  operation: 'RegisterTaskDefinition',
  status: 500,
});

/** A breaker, and runs that register their definitions with an ECS in a given condition. */
function aBreaker() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = loggerOver((level, message) => lines.push(`${level} ${message}`), {});
  const readiness = { block: () => undefined, unblock: () => undefined };
  const breaker = new Breaker({ clock, workerLog: log, readiness });
  const calls: string[] = [];
  const asking = (id: string, sessionKey = 'session'): Asking => ({
    flowRun: { id },
    needs: {
      sessionKey,
      cluster: undefined,
      roles: [],
      chosen: { credentials: false, cluster: false, definition: false, roles: [] },
    },
    log,
    isCounted: true,
    probe: () => undefined,
  });
  const register = (
    id: string,
    answer: Error | 'registered',
    sessionKey?: string,
  ): Promise<unknown> =>
    breaker
      .gate(asking(id, sessionKey), never)('RegisterTaskDefinition', () => {
        calls.push(id);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      })
      .catch((error: unknown) => error);
  /** The offered runs that a poll would start. */
  const started = (...offered: readonly string[]): readonly string[] => {
    const isPassedOver = breaker.passedOver();
    return offered.filter((id) => !isPassedOver(id));
  };
  return { breaker, clock, lines, calls, register, started };
}

describe('Runs that are held back', () => {
  it('Held-back runs make no call, and runs with other credentials go on', async () => {
    const { calls, register, started } = aBreaker();
    await register('a', ill);

    expect(await register('b', 'registered')).toBeInstanceOf(HeldBackError);
    expect(await register('c', 'registered', 'other')).toBe('registered');

    expect(calls).toEqual(['a', 'c']);
    expect(started('a', 'b', 'c')).toEqual(['c']);
  });

  it('Held-back runs try in turn, so that a run that never succeeds blocks no other', async () => {
    const { clock, register, started } = aBreaker();
    for (const id of ['poison', 'b']) await register(id, ill);
    await clock.elapse(10_000);
    expect(started('poison', 'b')).toEqual(['poison']);
    await register('poison', ill);
    await clock.elapse(20_000);
    expect(started('poison', 'b')).toEqual(['b']);

    expect(await register('b', 'registered')).toBe('registered');

    expect(started('poison', 'b', 'c')).toEqual(['poison', 'b', 'c']);
  });

  it('Held-back runs log the reason once, and the worker logs their number and the end', async () => {
    const { breaker, clock, lines, register, started } = aBreaker();
    const ending = new AbortController();
    const running = breaker.run(ending.signal).catch(() => undefined);
    for (const id of ['a', 'b', 'a', 'b']) await register(id, ill);
    await clock.elapse(4 * 60_000);
    started('a', 'b');
    await clock.elapse(2 * 60_000);
    expect(started('a', 'b')).toEqual(['b']);
    await register('b', 'registered');
    ending.abort();
    await running;

    const why = `Amazon ECS is unavailable (${ill.message}).`;
    expect(
      lines.filter((line) => line.startsWith('warning This flow run is on hold')),
    ).toHaveLength(2);
    expect(
      lines.filter((line) => line.startsWith(`warning ${why} 2 flow runs are on hold`)),
    ).toHaveLength(2); // at once and after five minutes
    expect(lines.at(-1)).toMatch(
      /^info Amazon ECS works again after \d+ s: 2 flow runs are no longer on hold\.$/,
    );
  });

  it('Held-back runs are forgotten when no poll offers them any more', async () => {
    const { clock, lines, breaker, register, started } = aBreaker();
    const ending = new AbortController();
    const running = breaker.run(ending.signal).catch(() => undefined);
    for (const id of ['a', 'gone']) await register(id, ill);
    for (let minutes = 0; minutes < 21; minutes += 1) {
      await clock.elapse(60_000);
      started('a');
      await register('a', ill);
    }
    ending.abort();
    await running;

    expect(lines.findLast((line) => line.startsWith('warning Amazon ECS'))).toContain(
      '1 flow run is on hold',
    );
  });
});
