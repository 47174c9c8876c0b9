import { describe, expect, it } from 'vitest';
import { ecsTask } from '../../core/task/ecs-task.test-support.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { EventTrust } from './event-reliability.ts';

const cluster = 'arn:c';
const task = (version: number, taskArn = 'arn:t') =>
  ecsTask({ taskArn, lastStatus: 'RUNNING', desiredStatus: 'RUNNING', version });

function listening() {
  const clock = new ManualClock();
  const trust = new EventTrust(clock);
  trust.begin();
  return { clock, trust };
}

describe('trust in the events of a cluster', () => {
  it('begins with the first event, of that cluster alone', () => {
    const { trust } = listening();
    expect(trust.isTrusted(cluster)).toBe(false);

    trust.heard(cluster, task(1));

    expect([trust.isTrusted(cluster), trust.isTrusted('arn:other')]).toEqual([true, false]);
  });

  it('lasts while each change that the sweep saw first has its event within two minutes', async () => {
    const { clock, trust } = listening();
    trust.heard(cluster, task(1));
    trust.sawFirst(cluster, task(2));

    await clock.elapse(120_000);
    expect(trust.isTrusted(cluster)).toBe(true);
    trust.heard(cluster, task(2));
    await clock.elapse(60 * 60_000);

    expect(trust.isTrusted(cluster)).toBe(true);
  });

  it.each([
    ['none comes', undefined],
    ['an older one of the task comes', task(1)],
    ['one of another task comes', task(9, 'arn:else')],
  ])('ends with the first change without its event: %s', async (_what, heard) => {
    const { clock, trust } = listening();
    trust.heard(cluster, task(1));
    trust.sawFirst(cluster, task(2));
    if (heard !== undefined) trust.heard(cluster, heard);

    await clock.elapse(120_001);

    expect(trust.isTrusted(cluster)).toBe(false);
  });

  it('comes again two minutes after a miss, if events come', async () => {
    const { clock, trust } = listening();
    trust.heard(cluster, task(1));
    trust.sawFirst(cluster, task(2));
    await clock.elapse(120_001);
    expect(trust.isTrusted(cluster)).toBe(false);
    trust.heard(cluster, task(3));

    await clock.elapse(119_999);
    expect(trust.isTrusted(cluster)).toBe(false);
    await clock.elapse(1);
    expect(trust.isTrusted(cluster)).toBe(true);
  });

  it('ends at once for all when the queue cannot be read, which wakes whoever sleeps on it', () => {
    const { trust } = listening();
    trust.heard(cluster, task(1));
    const signal = trust.listening;

    trust.end();
    trust.heard(cluster, task(2));
    trust.sawFirst(cluster, task(3));

    expect([signal?.aborted, trust.listening, trust.isTrusted(cluster)]).toEqual([true, undefined, false]);
  });

  it('is nothing at a new beginning', () => {
    const { trust } = listening();
    trust.heard(cluster, task(1));
    trust.end();

    trust.begin();

    expect(trust.isTrusted(cluster)).toBe(false);
  });
});
