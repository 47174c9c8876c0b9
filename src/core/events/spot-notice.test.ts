import { describe, expect, it } from 'vitest';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import { hasSpotNotice, spotNoticeEvent } from './spot-notice.ts';

const noticed = ecsTask({
  taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/dev/0123456789abcdef0123456789abcdef',
  lastStatus: 'RUNNING',
  desiredStatus: 'STOPPED',
  stopCode: 'TerminationNotice',
});

describe('A Spot notice', () => {
  it('is recognized only while a known task still runs', () => {
    expect(hasSpotNotice(noticed)).toBe(true);
    expect(hasSpotNotice({ ...noticed, lastStatus: 'STOPPED' })).toBe(false);
    expect(hasSpotNotice({ ...noticed, lastStatus: 'PENDING' })).toBe(false);
    expect(hasSpotNotice({ ...noticed, desiredStatus: 'RUNNING' })).toBe(false);
    expect(hasSpotNotice(undefined)).toBe(false);
  });

  it.each([
    ['SpotInterruption', undefined, true],
    ['TerminationNotice', undefined, true],
    [undefined, 'Your Spot Task was interrupted.', true],
    [undefined, 'Scaling activity', false],
    [undefined, undefined, false],
    // what somebody gave to StopTask says nothing
    ['UserInitiated', 'Your Spot Task was interrupted.', false],
  ])('has had several stop codes, or none: %s, %s', (stopCode, stoppedReason, isOne) => {
    expect(hasSpotNotice({ ...noticed, stopCode, stoppedReason })).toBe(isOne);
    expect(hasSpotNotice({ ...noticed, stopCode, stoppedReason, lastStatus: 'STOPPING' })).toBe(
      isOne,
    );
  });

  it('is the same event from every worker', () => {
    const event = spotNoticeEvent(noticed, '2030-01-01T00:00:00.000Z', []);
    const again = spotNoticeEvent(noticed, '2030-01-01T00:00:05.000Z', []);

    expect(event).toMatchObject({
      event: 'prefect.ecs.task.spot-interruption-notice',
      resource: { 'prefect.resource.id': 'prefect.ecs.task.0123456789abcdef0123456789abcdef' },
      follows: null,
    });
    expect(event.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(again.id).toBe(event.id);
  });
});
