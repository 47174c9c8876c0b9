import { describe, expect, it } from 'vitest';
import { ecsTask } from '../../core/task/ecs-task.test-support.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { EventReliability } from './event-reliability.ts';

const cluster = 'arn:c';
const task = (version: number, taskArn = 'arn:t') =>
  ecsTask({ taskArn, lastStatus: 'RUNNING', desiredStatus: 'RUNNING', version });

function listening() {
  const clock = new ManualClock();
  const reliability = new EventReliability(clock);
  reliability.begin();
  return { clock, reliability };
}

describe('The reliability of a cluster’s events', () => {
  it('begins with the first event, for that cluster only', () => {
    const { reliability } = listening();
    expect(reliability.isReliable(cluster)).toBe(false);

    reliability.heard(cluster, task(1));

    expect([reliability.isReliable(cluster), reliability.isReliable('arn:other')]).toEqual([
      true,
      false,
    ]);
  });

  it('lasts while events follow the changes that the sweep sees within two minutes', async () => {
    const { clock, reliability } = listening();
    reliability.heard(cluster, task(1));
    reliability.sawFirst(cluster, task(2));

    await clock.elapse(120_000);
    expect(reliability.isReliable(cluster)).toBe(true);
    reliability.heard(cluster, task(2));
    await clock.elapse(60 * 60_000);

    expect(reliability.isReliable(cluster)).toBe(true);
  });

  it.each([
    ['no event arrives', undefined],
    ['an older event of the task arrives', task(1)],
    ['an event of another task arrives', task(9, 'arn:else')],
  ])('ends with the first change without its event: %s', async (_what, heard) => {
    const { clock, reliability } = listening();
    reliability.heard(cluster, task(1));
    reliability.sawFirst(cluster, task(2));
    if (heard !== undefined) reliability.heard(cluster, heard);

    await clock.elapse(120_001);

    expect(reliability.isReliable(cluster)).toBe(false);
  });

  it('returns two minutes after a miss, if events arrive', async () => {
    const { clock, reliability } = listening();
    reliability.heard(cluster, task(1));
    reliability.sawFirst(cluster, task(2));
    await clock.elapse(120_001);
    expect(reliability.isReliable(cluster)).toBe(false);
    reliability.heard(cluster, task(3));

    await clock.elapse(119_999);
    expect(reliability.isReliable(cluster)).toBe(false);
    await clock.elapse(1);
    expect(reliability.isReliable(cluster)).toBe(true);
  });

  it('ends at once when the queue cannot be read, which wakes sleeping sweeps', () => {
    const { reliability } = listening();
    reliability.heard(cluster, task(1));
    const signal = reliability.listening;

    reliability.end();
    reliability.heard(cluster, task(2));
    reliability.sawFirst(cluster, task(3));

    expect([signal?.aborted, reliability.listening, reliability.isReliable(cluster)]).toEqual([
      true,
      undefined,
      false,
    ]);
  });

  it('is empty after a restart of the reader', () => {
    const { reliability } = listening();
    reliability.heard(cluster, task(1));
    reliability.end();

    reliability.begin();

    expect(reliability.isReliable(cluster)).toBe(false);
  });

  it('drops changes whose events never arrive, even if it is never asked', async () => {
    const { clock, reliability } = listening();
    for (let batch = 0; batch < 10; batch += 1) {
      for (let at = 0; at < 20; at += 1)
        reliability.sawFirst(cluster, { ...task(2), taskArn: `arn:task/${batch}-${at}` });
      await clock.elapse(3 * 60_000);
    }

    expect(reliability.awaiting).toBe(20);
  });
});
