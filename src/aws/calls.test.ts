import { describe, expect, it } from 'vitest';
import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { TokenBucket } from '../kernel/token-bucket.ts';
import { Calls } from './calls.ts';
import { rateLimitOf } from './rate-limits.ts';
import { AccountRates } from './rates.ts';

const never = new AbortController().signal;
const throttling = (operation: string): AwsCallError =>
  new AwsCallError({
    code: 'ThrottlingException',
    message: 'Rate exceeded',
    operation,
    status: 400,
  });

/** An AWS account that only counts calls against its limits. */
class CountingAws {
  throttles = 0;
  readonly #modify: TokenBucket;
  readonly #fargate: TokenBucket;

  constructor(clock: ManualClock, perSecond = 40) {
    this.#modify = new TokenBucket(clock, 100, perSecond);
    this.#fargate = new TokenBucket(clock, 20, 20);
  }

  stop = (): Promise<string> => this.#charge('StopTask', [this.#modify]);
  run = (): Promise<string> => this.#charge('RunTask', [this.#modify, this.#fargate]);

  #charge(operation: string, buckets: readonly TokenBucket[]): Promise<string> {
    if (buckets.every((bucket) => bucket.tryTake())) return Promise.resolve(operation);
    this.throttles += 1;
    return Promise.reject(throttling(operation));
  }
}

function callsOf(clock: ManualClock, rates: AccountRates): Calls {
  return new Calls({
    clock,
    random: seededRandom(1),
    attempts: 50,
    callTimeoutMs: 60_000,
    rates: () => Promise.resolve(rates.of('111122223333', 'us-east-1')),
  });
}

describe('A call that AWS refused because of our clock', () => {
  const refused = (name: string, isSetRight: boolean): Error =>
    Object.assign(new Error('Signature expired: 20300101T000000Z is now earlier than ...'), {
      name,
      $metadata: { httpStatusCode: 400, clockSkewCorrected: isSetRight },
    });

  it.each([
    ['InvalidSignatureException', true, 2],
    ['InvalidSignatureException', false, 1],
    ['ServerException', true, 1],
  ])(
    'is made once more if the SDK has corrected its clock: %s, %s',
    async (name, isSetRight, calls) => {
      const clock = new ManualClock();
      let made = 0;
      const call = callsOf(clock, new AccountRates(clock, 1)).unmetered('RunTask', never, () => {
        made += 1;
        return Promise.reject(refused(name, isSetRight));
      });

      await expect(call).rejects.toMatchObject({ name });
      expect(made).toBe(calls);
    },
  );
});

describe('Calls of one account', () => {
  it('let 10,000 cancellations pass a storm of launches within 10 s', async () => {
    const clock = new ManualClock();
    const aws = new CountingAws(clock);
    const rates = new AccountRates(clock, 1);
    const calls = callsOf(clock, rates);
    let launched = 0;
    const launches = Array.from({ length: 3_000 }, async () => {
      await calls.reserveLaunch('fargate', never);
      await calls.launched('RunTask', 'fargate', never, aws.run);
      launched += 1;
    });
    const waitedMs: number[] = [];
    const stop = async (): Promise<void> => {
      const sinceMs = clock.monotonicMs();
      await calls.repeated('StopTask', 'cluster-resource-modify', never, aws.stop, 'cancel');
      waitedMs.push(clock.monotonicMs() - sinceMs);
    };
    const cancels: Promise<void>[] = [];
    for (let second = 0; second < 286; second += 1) {
      for (let count = 0; count < 35 && cancels.length < 10_000; count += 1) cancels.push(stop());
      await clock.elapse(1_000);
    }
    await Promise.all(cancels);
    const launchedMeanwhile = launched;
    await clock.elapse(200_000);
    await Promise.all(launches);

    waitedMs.sort((one, other) => one - other);
    expect(waitedMs).toHaveLength(10_000);
    expect(waitedMs[9_900]).toBeLessThan(10_000);
    expect(launchedMeanwhile).toBeGreaterThan(1_000);
    expect(aws.throttles).toBe(0);
  });

  it('share one limit, whichever credentials they are made with', async () => {
    const clock = new ManualClock();
    const rates = new AccountRates(clock, 1);
    const sessions = [callsOf(clock, rates), callsOf(clock, rates)];
    const aws = new CountingAws(clock);
    let launched = 0;
    for (let count = 0; count < 100; count += 1)
      void sessions[count % 2]?.reserveLaunch('fargate', never).then(async (turn) => {
        await aws.run();
        launched += 1;
        return turn;
      });

    await clock.elapse(2_000);

    expect(launched).toBeGreaterThan(50);
    expect(launched).toBeLessThanOrEqual(60);
    expect(aws.throttles).toBe(0);
    expect(rates.figures()).toContainEqual({
      account: '111122223333',
      region: 'us-east-1',
      category: 'fargate-run-task',
      waiting: 100 - launched,
      throttles: 0,
    });
  });

  it('that launch on instances do not wait for the limit of Fargate', async () => {
    const clock = new ManualClock();
    const calls = callsOf(clock, new AccountRates(clock, 1));
    let launched = 0;
    for (let count = 0; count < 200; count += 1)
      void calls.reserveLaunch('other', never).then(() => (launched += 1));

    await clock.elapse(1_000);

    expect(launched).toBe(129);
  });

  it('of a sweep take at most half of the reads', async () => {
    const clock = new ManualClock();
    const rates = new AccountRates(clock, 1).of('1', 'us-east-1');
    let looks = 0;
    for (let count = 0; count < 1_000; count += 1)
      void rates.take('cluster-resource-read', 'sweep', never).then(() => (looks += 1));
    let searches = 0;
    await clock.elapse(10_000);
    for (let count = 0; count < 80; count += 1)
      void rates.take('cluster-resource-read', 'launch', never).then(() => (searches += 1));
    await clock.elapse(0);

    expect(looks).toBe(50 + 100);
    expect(searches).toBe(80);
  });

  it('slow down while AWS throttles, and recover afterwards', async () => {
    const clock = new ManualClock();
    const aws = new CountingAws(clock, 10); // others use the account, too
    const rates = new AccountRates(clock, 1);
    const calls = callsOf(clock, rates);
    const stops = Array.from({ length: 1_000 }, () =>
      calls.repeated('StopTask', 'cluster-resource-modify', never, aws.stop, 'cancel'),
    );

    await clock.elapse(150_000);
    await Promise.all(stops);

    expect(aws.throttles).toBeLessThan(250);
    expect(rates.figures()[0]).toMatchObject({ throttles: aws.throttles, waiting: 0 });
  });

  it('without a limit do not wait', async () => {
    const clock = new ManualClock();
    const calls = callsOf(clock, new AccountRates(clock, 0.01));

    const answers = await Promise.all(
      Array.from({ length: 500 }, () =>
        calls.once('ReceiveMessage', 'sqs', never, () => Promise.resolve(1)),
      ),
    );

    expect(answers).toHaveLength(500);
  });

  it('return a half-taken turn when they are aborted', async () => {
    const clock = new ManualClock();
    const accounts = new AccountRates(clock, 1);
    const rates = accounts.of('111122223333', 'us-east-1');
    for (let count = 0; count < 90; count += 1)
      await rates.take('cluster-resource-modify', 'cancel', never);
    const stop = new AbortController();
    const reserved = callsOf(clock, accounts).reserveLaunch('fargate', stop.signal);
    await clock.elapse(1);
    stop.abort(new Error('drained'));

    await expect(reserved).rejects.toThrow('drained');
    let immediate = 0;
    for (let count = 0; count < 18; count += 1)
      void rates.take('fargate-run-task', 'launch', never).then(() => (immediate += 1));
    await clock.elapse(0);
    expect(immediate).toBe(18);
  });
});

describe('Limits by region', () => {
  it.each([
    ['get-log-events', 'us-east-1', 25],
    ['get-log-events', 'eu-west-1', 10],
    ['get-log-events', 'eu-west-3', 30],
    ['filter-log-events', 'us-east-1', 25],
    ['filter-log-events', 'eu-west-1', 10],
    ['filter-log-events', 'ca-west-1', 5],
  ] as const)('%s in %s: %i a second', (category, region, perSecond) => {
    expect(rateLimitOf(category, region)).toEqual({ burst: perSecond, perSecond });
  });
});
