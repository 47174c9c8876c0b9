import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { listingOf, stampOf } from './listings.test-support.ts';
import { WhoLives } from './who-lives.ts';

const me = { workerName: 'w', processId: 'me' };
const namesake = { workerName: 'w', processId: 'other' };
const third = { workerName: 'w', processId: 'third' };
const peer = { workerName: 'peer', processId: 'p' };
const minute = 60_000;

interface Round {
  readonly [run: string]: typeof peer;
}

function round(who: WhoLives, nowMs: number, runs: Round): void {
  who.beginRound(nowMs);
  for (const [run, owner] of Object.entries(runs)) who.saw(run, 'claim', owner, nowMs);
  who.endRound();
}

/** Our heartbeats at these seconds; `found`: what our record showed directly before. */
function beat(
  who: WhoLives,
  seconds: readonly number[],
  found = (second: number) => second - 30,
): void {
  for (const second of seconds) {
    who.listed(listingOf({ w: found(second) }), true, second * 1000);
    who.heartbeatSent({ id: 'id of w', lastHeartbeatTime: stampOf(second) }, second * 1000);
  }
}

const standing = (who: WhoLives, owner: typeof peer, nowMs = 0) => who.standing(owner, nowMs);

describe('This process', () => {
  it('is always itself', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, { run: me });
    expect(standing(who, me)).toBe('me');
  });
});

describe('A worker of another name', () => {
  it('has the state of its record in the pool', () => {
    const who = new WhoLives(me, 30);
    expect(standing(who, peer)).toBe('unknown');
    expect(who.saw('run', 'claim', peer, 0)).toBe(true);
    expect(who.saw('run', 'claim', peer, 0)).toBe(false);
    who.listed(listingOf({ w: 0, peer: 0 }), true, 0);
    expect(who.listed(listingOf({ w: 15, peer: 14 }), true, 15_000).heard).toBe('nothing-new');
    expect(standing(who, peer)).toBe('alive');
    expect(who.lastHeartbeatOf(peer)).toBe(stampOf(14));
    expect(who.newestHeartbeatOfOthers()).toBe(stampOf(14));
    expect(who.readUntil(new Set())).toBe(stampOf(14));
    expect(who.listed(listingOf({ w: 30 }), true, 30_000).hasVanished).toBe(true);
    expect(who.listed(listingOf({ w: 60 }), true, 60_000).heard).toBe('round-due');
    expect(standing(who, peer)).toBe('dead');
  });

  it('is judged by its runs if workers cannot be listed', () => {
    const who = new WhoLives(me, 30);
    who.cannotList();
    round(who, 0, { run: peer });
    expect(standing(who, peer)).toBe('unknown');
    expect(who.isAnybodyMute(0)).toBe(true);
    round(who, 2 * minute, { run: peer, another: peer });
    expect(standing(who, peer)).toBe('alive');
    for (let at = 4; at <= 10; at += 2) round(who, at * minute, { run: peer, another: peer });
    expect(standing(who, peer)).toBe('dead');
  });

  it('that takes back a run from this process is alive', () => {
    const who = new WhoLives(me, 30);
    who.cannotList();
    for (let at = 0; at <= 10; at += 2) round(who, at * minute, { run: peer });
    who.took('run', peer);
    round(who, 12 * minute, { run: me });
    round(who, 14 * minute, { run: peer });
    expect(standing(who, peer)).toBe('alive');
    who.took('run', peer);
    who.left('run');
    round(who, 16 * minute, { run: peer });
    expect(standing(who, peer)).toBe('alive');
  });

  it('is not judged by acts while workers are listed', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, { run: peer });
    who.took('run', peer);
    expect(who.isAnybodyMute(0)).toBe(false);
    expect(who.namesakes(0)).toBeUndefined();
  });
});

describe('A process of our own name', () => {
  it('that had runs in our first listing is a predecessor, and dead', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, { run: namesake });
    expect(standing(who, namesake)).toBe('dead');
  });

  it('without evidence is unknown', () => {
    expect(standing(new WhoLives(me, 30), namesake)).toBe('unknown');
  });

  it('that a look shows as the owner of a run in our first listing is one, too', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    who.wasBefore(namesake, 1_000);
    who.wasBefore(namesake, 5_000);
    who.wasBefore(peer, 1_000);
    expect(standing(who, namesake)).toBe('dead');
    expect(standing(who, peer)).toBe('unknown');
  });

  it('that is heard after that is alive, and is reported', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, { run: namesake });
    beat(who, [1, 31, 61], (second) => (second === 61 ? 50 : second - 30));
    expect(standing(who, namesake, 61_000)).toBe('alive');
    expect(who.namesakes(61_000)).toEqual([]);
    expect(who.namesakes(61_000 + 61 * minute)).toBeUndefined();
  });

  it('that claims after that is alive, and is named', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, { run: namesake });
    round(who, 10 * minute, { run: namesake, another: namesake });
    expect(standing(who, namesake)).toBe('alive');
    expect(who.namesakes(10 * minute)).toEqual(['other']);
  });

  it('that was never heard is unknown, and dead once all others of our name were silent', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    beat(who, [0, 30, 60]);
    round(who, 60_000, { run: namesake });
    expect(standing(who, namesake)).toBe('alive'); // it claimed since our first listing
    beat(who, [90]);
    expect(who.listed(listingOf({ w: 90 }), true, 105_000).heard).toBe('round-due');
    expect(standing(who, namesake)).toBe('dead');
  });

  it('that was heard and became silent requests another round', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    beat(who, [0, 30, 60, 90, 120], (second) => (second === 30 ? 20 : second - 30));
    expect(who.listed(listingOf({ w: 120 }), true, 135_000).heard).toBe('round-due');
    expect(who.listed(listingOf({ w: 120 }), true, 136_000).heard).toBe('nothing-new');
  });

  it('whose act is younger than the silence requests its own round', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    beat(who, [0, 30, 60, 90, 120]);
    expect(who.listed(listingOf({ w: 120 }), true, 121_000).heard).toBe('nothing-new');
    round(who, 122_000, {});
    round(who, 123_000, { run: namesake });
    expect(standing(who, namesake)).toBe('alive');
    beat(who, [150, 180, 210]);
    expect(who.listed(listingOf({ w: 210 }), true, 227_000).heard).toBe('round-due');
    expect(standing(who, namesake)).toBe('dead');
  });

  it('is judged by its runs if there are two of them, because heartbeats cover both', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    const runs = { run: namesake, another: third };
    for (let at = 2; at <= 8; at += 2) {
      round(who, at * minute, runs);
      beat(who, [at * 60], () => at * 60 - 10); // heard all the time
    }
    expect(who.isAnybodyMute(8 * minute)).toBe(true);
    expect(standing(who, namesake, 8 * minute)).toBe('alive');
    round(who, 10 * minute, runs);
    expect(standing(who, namesake, 10 * minute)).toBe('dead');
  });

  it('that signs off deletes our record, too, so all others of the name count as dead', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    beat(who, [0, 30], (second) => (second === 30 ? 20 : second - 30));
    round(who, 31_000, { run: namesake });
    expect(standing(who, namesake)).toBe('alive');
    const heard = who.listed(listingOf({}), true, 45_000);
    expect(heard).toEqual({ heard: 'round-due', hasVanished: false, isReplaced: true });
    round(who, 46_000, { run: namesake, another: third });
    expect(standing(who, namesake)).toBe('dead');
    expect(standing(who, third)).toBe('dead');
    expect(who.heartbeatSent({ id: 'new', lastHeartbeatTime: stampOf(46) }, 46_000)).toBe(
      'nothing-new',
    );
    who.listed(listingOf({ w: { at: 50, id: 'new' } }), true, 60_000);
    expect(standing(who, third)).toBe('alive');
  });

  it('that signs off between our reading and our heartbeat still has its runs searched', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    beat(who, [0, 30]);
    round(who, 31_000, { run: namesake });
    const again = { id: 'new', lastHeartbeatTime: stampOf(60) };
    expect(who.heartbeatSent(again, 60_000)).toBe('round-due');
    expect(standing(who, namesake)).toBe('dead');
  });

  it('is not heard in readings while our heartbeat is on its way, or after a lost one', () => {
    const who = new WhoLives(me, 30);
    round(who, 0, {});
    beat(who, [0]);
    who.listed(listingOf({ w: 12 }), false, 30_000);
    expect(who.namesakes(30_000)).toBeUndefined();
    who.heartbeatLost();
    who.listed(listingOf({ w: 13 }), true, 31_000);
    expect(who.namesakes(31_000)).toBeUndefined();
  });

  it('is not missing from a page that may have ended before it', () => {
    const who = new WhoLives(me, 30);
    beat(who, [0]);
    expect(who.listed(listingOf({ other: 100 }, 50), true, 30_000).isReplaced).toBe(false);
    expect(who.listed(listingOf({ other: 100 }), true, 31_000).isReplaced).toBe(true);
  });
});

type Fact =
  | { readonly kind: 'list'; readonly peerBeats: boolean; readonly isThere: boolean }
  | { readonly kind: 'gap'; readonly seconds: number };

const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ kind: fc.constant('list' as const), peerBeats: fc.boolean(), isThere: fc.boolean() }),
  fc.record({ kind: fc.constant('gap' as const), seconds: fc.integer({ min: 1, max: 400 }) }),
);

describe('With any listings at any time', () => {
  it('a worker is dead only after it was silent or absent for long enough in gapless listings', () => {
    const isLate = fc.property(fc.array(fact, { maxLength: 60 }), (facts) => {
      const who = new WhoLives(me, 30);
      let second = 0;
      let heartbeat = 0;
      let lastSign: number | undefined;
      let lastListed: number | undefined;
      let wasDead = false;
      let soonest = Infinity;
      for (const one of facts) {
        second += one.kind === 'gap' ? one.seconds : 15;
        if (one.kind === 'gap') continue;
        if (lastListed !== undefined && second - lastListed > 45) lastSign = second;
        if (one.isThere && one.peerBeats) heartbeat = second;
        if (one.isThere && one.peerBeats) lastSign = second;
        who.listed(
          listingOf({ w: second, ...(one.isThere && { peer: heartbeat }) }),
          false,
          second * 1000,
        );
        lastListed = second;
        lastSign ??= second;
        const isDead = who.standing(peer, second * 1000) === 'dead';
        if (isDead && !wasDead) soonest = Math.min(soonest, second - lastSign);
        wasDead = isDead;
      }
      return soonest >= 25;
    });
    expect(() => fc.assert(isLate)).not.toThrow();
  });

  it('a dead worker that is heard again is alive', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 40 }), (listings) => {
        const who = new WhoLives(me, 30);
        for (let at = 0; at < listings; at += 1)
          who.listed(listingOf({ w: at, peer: 0 }), false, at * 15_000);
        expect(who.standing(peer, 0)).toBe('dead');
        who.listed(listingOf({ w: 1_000, peer: 1_000 }), false, listings * 15_000);
        expect(who.standing(peer, 0)).toBe('alive');
      }),
    );
  });
});
