import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AbortFlag, aborted, linkAbort, LinkedFlag, whenAborted } from './abort.ts';
import { exponentialMs, jitteredMs } from './backoff.ts';
import { systemClock } from './clock.ts';
import { assertNever, toError } from './errors.ts';
import { LruMap } from './lru-map.ts';
import { seededRandom, systemRandom } from './random.ts';
import { Secret } from './secret.ts';

describe('Secret', () => {
  it('reveals itself only on request', () => {
    const secret = new Secret('canary');

    expect(secret.reveal()).toBe('canary');
    expect(`${secret}`).not.toContain('canary');
    expect(JSON.stringify({ secret })).not.toContain('canary');
    expect(inspect({ secret })).not.toContain('canary');
  });
});

describe('linkAbort', () => {
  it('follows any of its parents, with its reason', () => {
    const first = new AbortController();
    const second = new AbortController();
    using link = linkAbort(first.signal, second.signal);

    second.abort(new Error('second'));

    expect(link.signal.reason).toEqual(new Error('second'));
  });

  it('is aborted at once under an aborted parent', async () => {
    using link = linkAbort(AbortSignal.abort(new Error('before')));

    await aborted(link.signal);

    expect(link.signal.aborted).toBe(true);
  });

  it('no longer follows once disposed', () => {
    const parent = new AbortController();
    const link = linkAbort(parent.signal);

    link[Symbol.dispose]();
    parent.abort();

    expect(link.signal.aborted).toBe(false);
  });
});

describe('whenAborted', () => {
  it('needs one listener for each signal, however many followers it has', () => {
    const parent = new AbortController();
    const told: number[] = [];
    const detachers = Array.from({ length: 1_000 }, (_, at) =>
      whenAborted(parent.signal, () => told.push(at)),
    );
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(1);

    for (const detach of detachers.slice(3)) detach();
    parent.abort();

    expect(told).toEqual([0, 1, 2]);
  });

  it.each([
    ['a signal', AbortSignal.abort()],
    ['a flag', abortedFlag()],
  ])('calls back at once for %s that has aborted', (_what, source) => {
    let told = 0;

    whenAborted(source, () => (told += 1))();

    expect(told).toBe(1);
  });
});

describe('AbortFlag', () => {
  it('aborts once, with the first reason', () => {
    const flag = new AbortFlag();
    const told: unknown[] = [];
    whenAborted(flag, () => told.push(flag.reason));
    whenAborted(flag, () => told.push('gone'))();
    expect(flag.aborted).toBe(false);

    flag.abort('first');
    flag.abort('second');

    expect(told).toEqual(['first']);
    expect(flag.reason).toBe('first');
    expect(flag.aborted).toBe(true);
  });

  it.each([
    ['a signal', new AbortController()],
    ['a flag', new AbortFlag()],
  ])('does not call a follower whose wait another one ends: %s', (_what, source) => {
    const told: string[] = [];
    const followed = source instanceof AbortFlag ? source : source.signal;
    whenAborted(followed, () => {
      told.push('first');
      detach();
    });
    const detach = whenAborted(followed, () => told.push('second'));

    source.abort('over');

    expect(told).toEqual(['first']);
  });

  it('can be followed by a signal', () => {
    const flag = new AbortFlag();
    using link = linkAbort(flag);

    flag.abort(new Error('over'));

    expect(link.signal.reason).toEqual(new Error('over'));
  });
});

describe('LinkedFlag', () => {
  it('follows signals and flags until disposed', () => {
    const [signal, flag] = [new AbortController(), new AbortFlag()];
    const [bySignal, byFlag, released] = [
      new LinkedFlag(signal.signal, flag),
      new LinkedFlag(flag),
      new LinkedFlag(signal.signal, flag),
    ];
    released[Symbol.dispose]();

    signal.abort('signal');
    flag.abort('flag');

    expect([bySignal.reason, byFlag.reason, released.aborted]).toEqual(['signal', 'flag', false]);
  });
});

function abortedFlag(): AbortFlag {
  const flag = new AbortFlag();
  flag.abort('over');
  return flag;
}

describe('backoff', () => {
  it("jitters within Prefect's range", () => {
    const random = seededRandom(1);
    const waits = Array.from({ length: 1_000 }, () => jitteredMs(1_000, 0.3, random));

    expect(Math.min(...waits)).toBeGreaterThanOrEqual(751);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_300);
    expect(jitteredMs(1_000, 0, random)).toBe(1_000);
  });

  it('doubles up to its limit', () => {
    const middle = { next: () => 0.5, uuid: () => '' };

    expect([1, 2, 3, 9].map((attempt) => exponentialMs(attempt, 500, 4_000, middle))).toEqual([
      500, 1_000, 2_000, 4_000,
    ]);
  });
});

describe('random', () => {
  it('is reproducible for a seed', () => {
    expect(seededRandom(7).uuid()).toBe(seededRandom(7).uuid());
    expect(seededRandom(7).uuid()).not.toBe(seededRandom(8).uuid());
  });

  it.each([seededRandom(3), systemRandom])('draws UUIDs of version 4', (random) => {
    expect(random.uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(random.next()).toBeLessThan(1);
  });
});

describe('systemClock', () => {
  it("never goes back, and ends a sleep with its signal's reason", async () => {
    const stop = new AbortController();
    const before = systemClock.monotonicMs();
    const nap = systemClock.sleep(3_000_000_000, stop.signal);

    stop.abort(new Error('woken'));

    await expect(nap).rejects.toThrow('woken');
    await systemClock.sleep(0, new AbortController().signal);
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
    expect(systemClock.now()).toBeInstanceOf(Date);
  });
});

describe('errors', () => {
  it('turn any thrown value into an Error', () => {
    const error = new Error('kept');

    expect(toError(error)).toBe(error);
    expect(toError('text').message).toBe('text');
    expect(toError({ odd: true }).cause).toEqual({ odd: true });
  });

  it('refuse a value that no case of a union covers', () => {
    // @ts-expect-error: only a value that cannot exist may be handed over
    expect(() => assertNever('surprise')).toThrow('surprise');
  });
});

describe('LruMap', () => {
  it('drops the least recently used entry', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.get('a');

    map.set('c', 3);

    expect([...map.entries()]).toEqual([
      ['a', 1],
      ['c', 3],
    ]);
    map.delete('a');
    expect(map.get('a')).toBeUndefined();
    expect(map.size).toBe(1);
  });
});
