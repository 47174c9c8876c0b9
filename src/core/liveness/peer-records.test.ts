import { describe, expect, it } from 'vitest';
import { listingOf, stampOf } from './listings.test-support.ts';
import { isOlder, longestSilenceMs, PeerRecords } from './peer-records.ts';

const me = 'me';

/** Lists every 15 s; our own heartbeat advances each time, the peer's as `heartbeatAt` says. */
function listed(
  peers: PeerRecords,
  seconds: readonly number[],
  heartbeatAt: (second: number) => number | undefined,
): readonly string[] {
  return seconds.flatMap((second) => {
    const heartbeat = heartbeatAt(second);
    const listing = listingOf({
      [me]: second,
      ...(heartbeat !== undefined && { peer: heartbeat }),
    });
    return peers.record(listing, second * 1000).died;
  });
}

const every15 = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / 15) + 1 }, (_, at) => from + 15 * at);

describe('A worker whose heartbeat advances', () => {
  it('is unknown at first sight, and alive from the first advance', () => {
    const peers = new PeerRecords(me);
    expect(peers.verdictOn('peer')).toBe('unknown');
    listed(peers, [0], () => 0);
    expect(peers.verdictOn('peer')).toBe('unknown');
    listed(peers, [15], () => 14);
    expect(peers.verdictOn('peer')).toBe('alive');
    expect(peers.lastHeartbeatOf('peer')).toBe(stampOf(14));
    expect(peers.newestHeartbeat()).toBe(stampOf(14));
  });

  it('is the newest of all, in any order of the list', () => {
    for (const listing of [listingOf({ one: 1, other: 2 }), listingOf({ other: 2, one: 1 })]) {
      const peers = new PeerRecords(me);
      peers.record(listing, 0);
      expect(peers.newestHeartbeat()).toBe(stampOf(2));
    }
  });

  it('that was dead is alive again', () => {
    const peers = new PeerRecords(me);
    listed(peers, every15(0, 120), () => 0);
    expect(peers.verdictOn('peer')).toBe('dead');
    listed(peers, [135], () => 130);
    expect(peers.verdictOn('peer')).toBe('alive');
  });
});

describe('A silent worker (D2)', () => {
  it('is dead after three of its intervals and 15 s, which is reported once', () => {
    const peers = new PeerRecords(me);
    expect(listed(peers, every15(0, 90), () => 0)).toEqual([]);
    expect(listed(peers, every15(105, 150), () => 0)).toEqual(['peer']);
    expect(peers.verdictOn('peer')).toBe('dead');
  });

  it('gets more time if its interval is longer', () => {
    expect(longestSilenceMs(undefined)).toBe(105_000);
    expect(longestSilenceMs(60)).toBe(195_000);
  });

  it('is not judged while our own heartbeat does not advance, either', () => {
    const peers = new PeerRecords(me);
    for (const second of every15(0, 300))
      expect(peers.record(listingOf({ [me]: 0, peer: 0 }), second * 1000).died).toEqual([]);
    expect(peers.verdictOn('peer')).toBe('unknown');
  });

  it('is not judged over a gap in the listings', () => {
    const peers = new PeerRecords(me);
    listed(peers, every15(0, 45), () => 0);
    // a minute without a listing: the silence begins anew
    expect(listed(peers, [105], () => 0)).toEqual([]);
    expect(listed(peers, every15(120, 195), () => 0)).toEqual([]);
    expect(listed(peers, [210], () => 0)).toEqual(['peer']);
  });
});

describe('A worker that signed off (D1)', () => {
  it('is dead when two listings 25 s apart lack it, and is reported missing at once', () => {
    const peers = new PeerRecords(me);
    listed(peers, [0, 15], (second) => second);
    const first = peers.record(listingOf({ [me]: 20 }), 20_000);
    expect(first).toEqual({ died: [], vanished: ['peer'] });
    expect(peers.record(listingOf({ [me]: 40 }), 40_000)).toEqual({ died: [], vanished: [] });
    expect(peers.record(listingOf({ [me]: 45 }), 45_000)).toEqual({ died: ['peer'], vanished: [] });
  });

  it('is not judged over a gap in the listings', () => {
    const peers = new PeerRecords(me);
    listed(peers, [0, 15], (second) => second);
    peers.record(listingOf({ [me]: 20 }), 20_000);
    expect(peers.record(listingOf({ [me]: 80 }), 80_000).died).toEqual([]);
    expect(peers.record(listingOf({ [me]: 105 }), 105_000).died).toEqual(['peer']);
  });

  it('that is listed again is alive', () => {
    const peers = new PeerRecords(me);
    listed(peers, [0, 15], (second) => second);
    peers.record(listingOf({ [me]: 20 }), 20_000);
    listed(peers, [35], () => 34);
    expect(peers.verdictOn('peer')).toBe('alive');
  });

  it('whose record returns unchanged is silent from then on', () => {
    const peers = new PeerRecords(me);
    listed(peers, [0, 15], () => 0);
    peers.record(listingOf({ [me]: 20 }), 20_000);
    expect(listed(peers, every15(30, 120), () => 0)).toEqual([]);
    expect(listed(peers, [135], () => 0)).toEqual(['peer']);
  });

  it('is not missing if the pages ended before its heartbeat', () => {
    const peers = new PeerRecords(me);
    listed(peers, [0, 15], (second) => second);
    for (const second of every15(30, 90))
      expect(peers.record(listingOf({ [me]: second }, 20), second * 1000)).toEqual({
        died: [],
        vanished: [],
      });
    expect(peers.verdictOn('peer')).toBe('alive');
    peers.record(listingOf({ [me]: 200 }, 20), 200_000); // and a gap changes nothing of it
    expect(peers.verdictOn('peer')).toBe('alive');
    expect(peers.record(listingOf({ [me]: 210 }, 14), 210_000).vanished).toEqual(['peer']);
  });

  it('is forgotten an hour later', () => {
    const peers = new PeerRecords(me);
    listed(peers, [0, 15], (second) => second);
    for (const second of every15(30, 3_700))
      peers.record(listingOf({ [me]: second }), second * 1000);
    expect(peers.verdictOn('peer')).toBe('unknown');
    expect(peers.watch('peer')).toBe(true);
  });
});

describe('A worker that a run names and no listing contains', () => {
  it('is dead when two listings after the run was seen lack it', () => {
    const peers = new PeerRecords(me);
    listed(peers, [0, 15], () => undefined);
    expect(peers.watch('peer')).toBe(true);
    expect(peers.watch('peer')).toBe(false);
    expect(listed(peers, [30, 45], () => undefined)).toEqual([]);
    expect(listed(peers, [60], () => undefined)).toEqual(['peer']);
  });

  it('is unknown when a listing has it after all, like any new worker', () => {
    const peers = new PeerRecords(me);
    peers.watch('peer');
    listed(peers, [0], () => 0);
    expect(peers.verdictOn('peer')).toBe('unknown');
  });

  it('is not judged by incomplete pages', () => {
    const peers = new PeerRecords(me);
    peers.watch('peer');
    for (const second of every15(0, 120))
      peers.record(listingOf({ [me]: second }, 0), second * 1000);
    expect(peers.verdictOn('peer')).toBe('unknown');
  });
});

describe('The reading of pages', () => {
  it('stops after one page if no worker is missing', () => {
    const peers = new PeerRecords(me);
    expect(peers.readUntil(new Set())).toBeUndefined();
    listed(peers, [0], () => 0);
    expect(peers.readUntil(new Set(['peer']))).toBeUndefined();
  });

  it('goes down to the oldest heartbeat of missing workers that are not known to be dead', () => {
    const peers = new PeerRecords(me);
    peers.record(listingOf({ [me]: 5, old: 1, newer: 3, other: 2 }), 5_000);
    expect(peers.readUntil(new Set(['other']))).toBe(stampOf(1));
    expect(peers.readUntil(new Set(['other', 'old']))).toBe(stampOf(3));
  });

  it('goes to the end for a name that no listing contains', () => {
    const peers = new PeerRecords(me);
    peers.record(listingOf({ [me]: 5, old: 1 }), 5_000);
    peers.watch('peer');
    expect(peers.readUntil(new Set(['old']))).toBe('end');
  });

  it('does not search for dead workers', () => {
    const peers = new PeerRecords(me);
    listed(peers, every15(0, 120), () => 0);
    expect(peers.readUntil(new Set())).toBeUndefined();
  });
});

it('Timestamps are ordered by time, with missing ones first', () => {
  expect(isOlder(stampOf(1), stampOf(2))).toBe(true);
  expect(isOlder(stampOf(2), stampOf(2))).toBe(false);
  expect(isOlder(undefined, stampOf(2))).toBe(true);
  expect(isOlder(stampOf(1), undefined)).toBe(false);
});
