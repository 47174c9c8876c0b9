import { describe, expect, it } from 'vitest';
import { ManualClock } from '../kernel/manual-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { Calls } from './calls.ts';
import { Identity } from './identity.ts';
import { Rates } from './rates.ts';

const never = new AbortController().signal;
const minute = 60_000;

/** An STS that answers as scripted, or never. */
function anIdentity(answer: () => string | Error) {
  const clock = new ManualClock();
  const asked: number[] = [];
  const send = (
    _command: unknown,
    { abortSignal }: { readonly abortSignal: AbortSignal },
  ): Promise<unknown> => {
    asked.push(clock.monotonicMs());
    const said = answer();
    if (said instanceof Error) return Promise.reject(said);
    if (said !== 'never') return Promise.resolve({ Account: said });
    return new Promise((_resolve, reject) => {
      abortSignal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
  };
  const rates = new Rates(clock, 'sts', 1);
  const calls = new Calls({
    clock,
    random: seededRandom(1),
    attempts: 5,
    callTimeoutMs: 10_000,
    rates: () => Promise.resolve(rates),
  });
  // The SDK's `send` has an overload for every command; one is enough here.
  return { clock, asked, identity: new Identity({ send: send as never }, calls, clock) };
}

/** The result, and after how many milliseconds it arrived. */
async function timed<T>(clock: ManualClock, work: Promise<T>): Promise<readonly [T, number]> {
  const fromMs = clock.monotonicMs();
  const done = work.then((value) => [value, clock.monotonicMs() - fromMs] as const);
  await clock.elapse(30_000);
  return done;
}

describe('The account of a set of credentials', () => {
  it('is asked for once, however many callers ask at once, and kept permanently', async () => {
    const { clock, asked, identity } = anIdentity(() => '111122223333');
    const told = await Promise.all([
      identity.accountSoon(),
      identity.account(never),
      identity.account(never),
    ]);
    await clock.elapse(60 * minute);

    expect([...told, await identity.accountSoon()]).toEqual(Array(4).fill('111122223333'));
    expect(asked).toHaveLength(1);
  });

  it('is learned from the ARN of a task definition without a call', async () => {
    const { asked, identity } = anIdentity(() => 'never');
    identity.learnFrom(undefined);
    identity.learnFrom('arn:aws:ecs:us-east-1:111122223333:task-definition/family:1');
    identity.learnFrom('arn:aws:ecs:us-east-1:999999999999:task-definition/family:1');

    expect(await identity.account(never)).toBe('111122223333');
    expect(await identity.accountSoon()).toBe('111122223333');
    expect(asked).toEqual([]);
  });

  it('holds up calls for 3 s while STS is silent, then none for 10 minutes', async () => {
    const { clock, asked, identity } = anIdentity(() => 'never');
    const [soon, sure] = [identity.accountSoon(), identity.account(never)];

    expect(await timed(clock, Promise.all([timed(clock, soon), timed(clock, sure)]))).toMatchObject(
      [
        [
          [undefined, 3_000],
          [undefined, 10_000],
        ],
        expect.any(Number),
      ],
    );
    await clock.elapse(5 * minute);
    expect(await timed(clock, identity.account(never))).toEqual([undefined, 0]);
    expect(await timed(clock, identity.accountSoon())).toEqual([undefined, 0]);
    expect(asked).toHaveLength(1);
  });

  it('is asked for again after 10 minutes, and calls no longer wait for it', async () => {
    let isSilent = true;
    const { clock, asked, identity } = anIdentity(() => (isSilent ? 'never' : '111122223333'));
    await timed(clock, identity.accountSoon());
    await clock.elapse(10 * minute);
    expect(await timed(clock, identity.accountSoon())).toEqual([undefined, 0]);
    isSilent = false;
    await clock.elapse(11 * minute);
    await timed(clock, identity.accountSoon());

    expect(asked).toHaveLength(3);
    expect(await identity.account(never)).toBe('111122223333');
  });

  it('is answered to the other callers when one of them aborts', async () => {
    const { clock, asked, identity } = anIdentity(() => 'never');
    const [gone, late] = [new AbortController(), new AbortController()];
    late.abort(new Error('stopped before'));
    const [first, second] = [identity.account(gone.signal), identity.account(never)];
    first.catch(() => undefined);
    gone.abort(new Error('stopped'));

    await expect(first).rejects.toThrow('stopped');
    await expect(identity.account(late.signal)).rejects.toThrow('stopped before');
    expect((await timed(clock, second))[0]).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it('is unknown when STS refuses', async () => {
    const { identity } = anIdentity(() => new Error('denied'));

    expect(await identity.account(never)).toBeUndefined();
  });
});
