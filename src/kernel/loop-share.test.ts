import { expect, it } from 'vitest';
import { nextTurn } from './clock.ts';
import { LoopShare } from './loop-share.ts';

/** Whoever computes takes `ms` of a clock that nothing else moves, then says so. */
function aLoop(): {
  readonly share: LoopShare;
  readonly said: string[];
  readonly compute: (who: string, ms: number) => void;
} {
  let nowMs = 0;
  const said: string[] = [];
  const compute = (who: string, ms: number): void => {
    nowMs += ms;
    said.push(who);
  };
  return { share: new LoopShare({ monotonicMs: () => nowMs }), said, compute };
}

async function computeTwice(
  { share, compute }: ReturnType<typeof aLoop>,
  who: string,
  ms: number,
): Promise<void> {
  await share.pause();
  compute(who, ms);
  await share.pause();
  compute(who, ms);
}

it('Short work continues within one turn of the loop', async () => {
  const loop = aLoop();
  void nextTurn().then(() => loop.said.push('others'));

  await Promise.all(['a', 'b'].map((who) => computeTwice(loop, who, 1)));
  await nextTurn();

  expect(loop.said).toEqual(['a', 'b', 'a', 'b', 'others']);
});

it('Each piece of long work gets its own turn, and others get one in between', async () => {
  const loop = aLoop();
  const over = new AbortController();
  const others = (async () => {
    while (!over.signal.aborted) {
      await nextTurn();
      loop.said.push('others');
    }
  })();

  await Promise.all(['a', 'b'].map((who) => computeTwice(loop, who, 30)));
  over.abort();
  await others;

  const runs = loop.said.filter((who, at) => who !== 'others' && loop.said[at + 1] === who);
  expect(loop.said.filter((who) => who !== 'others').toSorted()).toEqual(['a', 'a', 'b', 'b']);
  expect(runs).toEqual([]);
  expect(loop.said.join(' ')).toMatch(/b.*others.*a.*others.*b/);
});

it('Work that begins in a later turn counts as new', async () => {
  const loop = aLoop();
  await loop.share.pause();
  loop.compute('a', 30);
  await nextTurn();
  let hasGoneOn = false;

  const pause = loop.share.pause().then(() => (hasGoneOn = true));
  await Promise.resolve().then(() => undefined);
  await Promise.resolve();

  expect(hasGoneOn).toBe(true);
  await pause;
});
