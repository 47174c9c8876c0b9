import { describe, expect, it } from 'vitest';
import { stampOf } from './listings.test-support.ts';
import { OwnNameHeartbeats } from './own-name.ts';

const record = (seconds: number, id = 'ours') => ({ id, lastHeartbeatTime: stampOf(seconds) });

/**
 * Ours at 0, 30, 60, ...; read directly before each, too. `foreign`: what the record shows then
 * instead.
 */
function beats(
  own: OwnNameHeartbeats,
  seconds: readonly number[],
  foreign?: (second: number) => number,
): void {
  for (const second of seconds) {
    own.read(record(foreign?.(second) ?? second - 30), second * 1000);
    own.sent(record(second), second * 1000);
  }
}

describe('A heartbeat under our own name that was not ours (L2)', () => {
  it('is visible in our record if that differs from the value after ours', () => {
    const own = new OwnNameHeartbeats(30);
    own.sent(record(0), 0);
    expect(own.read(record(0), 29_000)).toBe('nothing-new');
    expect(own.heardAtMs).toBeUndefined();
    expect(own.read(record(12), 30_000)).toBe('heard');
    expect(own.heardAtMs).toBe(30_000);
    expect(own.read(record(12), 31_000)).toBe('nothing-new');
  });

  it('is not assumed before our first one', () => {
    const own = new OwnNameHeartbeats(30);
    expect(own.read(record(0), 0)).toBe('nothing-new');
    expect(own.read(undefined, 0)).toBe('nothing-new');
  });

  it('is not assumed if it is unknown which one was ours', () => {
    const own = new OwnNameHeartbeats(30);
    own.sent(record(0), 0);
    own.lost();
    expect(own.read(record(12), 30_000)).toBe('nothing-new');
  });
});

describe('The silence of all other processes of our name', () => {
  it('is three intervals and 15 s since our first heartbeat', () => {
    const own = new OwnNameHeartbeats(30);
    beats(own, [0, 30, 60, 90]);
    expect(own.isSilentSince(undefined)).toBe(false);
    own.read(record(90), 105_000);
    expect(own.isSilentSince(undefined)).toBe(true);
  });

  it('restarts with each heartbeat of another process', () => {
    const own = new OwnNameHeartbeats(30);
    beats(own, [0, 30, 60, 90, 120], (second) => (second === 60 ? 45 : second - 30));
    expect(own.isSilentSince(undefined)).toBe(false);
    own.read(record(120), 165_000);
    expect(own.isSilentSince(undefined)).toBe(true);
  });

  it('begins with an act of the process in question', () => {
    const own = new OwnNameHeartbeats(30);
    beats(own, [0, 30, 60, 90, 120]);
    expect(own.isSilentSince(20_000)).toBe(false);
    expect(own.isSilentSince(15_000)).toBe(true);
  });

  it('restarts if one of our heartbeats was lost', () => {
    const own = new OwnNameHeartbeats(30);
    beats(own, [0, 30, 60, 90]);
    own.lost();
    beats(own, [120, 150]);
    expect(own.isSilentSince(undefined)).toBe(false);
  });

  it('does not grow without readings', () => {
    const own = new OwnNameHeartbeats(30);
    own.sent(record(0), 0);
    expect(own.isSilentSince(undefined)).toBe(false);
  });
});

describe('Our own record', () => {
  it.each([undefined, record(30, 'another')])(
    'that is gone or another one (%j) says so once',
    (seen) => {
      const own = new OwnNameHeartbeats(30);
      own.sent(record(0), 0);
      expect(own.read(seen, 30_000)).toBe('replaced');
      expect(own.read(seen, 30_001)).toBe('nothing-new');
    },
  );

  it('that our heartbeat created again was deleted between the two readings', () => {
    const own = new OwnNameHeartbeats(30);
    expect(own.sent(record(0), 0)).toBe('nothing-new');
    expect(own.sent(record(30), 30_000)).toBe('nothing-new');
    expect(own.sent(record(60, 'another'), 60_000)).toBe('replaced');
    own.lost();
    expect(own.sent(record(90, 'a third'), 90_000)).toBe('nothing-new');
  });

  it('that is missing directly after our heartbeat was deleted, if it existed before', () => {
    const own = new OwnNameHeartbeats(30);
    expect(own.sent(undefined, 0)).toBe('nothing-new');
    own.sent(record(0), 0);
    expect(own.sent(undefined, 30_000)).toBe('replaced');
    expect(own.read(record(42), 60_000)).toBe('nothing-new');
  });
});
