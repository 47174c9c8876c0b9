import type { LaunchKind } from '../core/plan/launch-type.ts';
import type { Clock } from '../kernel/clock.ts';
import { RateBucket, type Priority } from './rate-bucket.ts';
import { rateLimitOf, type RateCategory, type RateLimit } from './rate-limits.ts';

/** The state of one bucket, for display. */
export interface RateFigures {
  /** The account number. While it is unknown, the credentials' key. */
  readonly account: string;
  readonly region: string;
  readonly category: RateCategory;
  readonly waiting: number;
  readonly throttles: number;
}

/** Calls reach AWS less evenly than they are sent, so a little less than the full limit is used. */
const slack = { burst: 0.9, perSecond: 0.98 };

/** Half of AWS's limit for cluster reads. We chose this number, so all of it may be used. */
const sweepLimit: RateLimit = { burst: 50, perSecond: 10 };

/**
 * The token buckets of one account in one region, whichever credentials lead there: AWS counts an
 * account's calls together, so two sets of buckets would exceed its limits (decisions.md 6).
 */
export class Rates {
  readonly #bucketFor: (limit: RateLimit) => RateBucket;
  readonly #region: string;
  readonly #buckets = new Map<RateCategory, RateBucket>();
  /**
   * The sweep may use at most half of the reads. Otherwise task searches before a launch would wait
   * behind it.
   */
  readonly #sweep: RateBucket;
  /**
   * Launches take their two tokens one after the other. Without this, many launches that hold a
   * first token and wait for the second one behind cancellations would continue all at once, and
   * AWS would throttle them.
   */
  readonly #launchLine: RateBucket;

  constructor(clock: Clock, region: string, share: number) {
    this.#region = region;
    const shareOf = ({ burst, perSecond }: RateLimit): RateBucket =>
      new RateBucket(clock, {
        burst: Math.max(1, Math.floor(burst * share)),
        perSecond: perSecond * share,
      });
    this.#bucketFor = ({ burst, perSecond }) =>
      shareOf({ burst: burst * slack.burst, perSecond: perSecond * slack.perSecond });
    this.#launchLine = new RateBucket(clock, { burst: 1, perSecond: 0 });
    this.#sweep = shareOf(sweepLimit);
  }

  async take(category: RateCategory, priority: Priority, signal: AbortSignal): Promise<void> {
    const isSweep = priority === 'sweep' && category === 'cluster-resource-read';
    if (isSweep) await this.#sweep.take(priority, signal);
    await this.#bucketOf(category)?.take(priority, signal);
  }

  /**
   * A turn to call RunTask. A Fargate launch counts against two limits, other launches against one.
   */
  async reserveLaunch(kind: LaunchKind, signal: AbortSignal): Promise<{ giveBack(): void }> {
    if (kind === 'other') {
      await this.take('cluster-resource-modify', 'launch', signal);
      return { giveBack: () => this.#bucketOf('cluster-resource-modify')?.giveBack() };
    }
    await this.#launchLine.take('launch', signal);
    try {
      await this.take('fargate-run-task', 'launch', signal);
      try {
        await this.take('cluster-resource-modify', 'launch', signal);
      } catch (error) {
        this.#bucketOf('fargate-run-task')?.giveBack();
        throw error;
      }
    } finally {
      this.#launchLine.giveBack();
    }
    return {
      giveBack: () => {
        this.#bucketOf('fargate-run-task')?.giveBack();
        this.#bucketOf('cluster-resource-modify')?.giveBack();
      },
    };
  }

  throttled(category: RateCategory): void {
    this.#bucketOf(category)?.throttled();
  }

  figures(): readonly Omit<RateFigures, 'account'>[] {
    const before: Partial<Record<RateCategory, RateBucket>> = {
      'cluster-resource-read': this.#sweep,
      'fargate-run-task': this.#launchLine,
    };
    return [...this.#buckets].map(([category, { waiting, throttles }]) => ({
      region: this.#region,
      category,
      waiting: waiting + (before[category]?.waiting ?? 0),
      throttles,
    }));
  }

  #bucketOf(category: RateCategory): RateBucket | undefined {
    const known = this.#buckets.get(category);
    if (known !== undefined) return known;
    const limit = rateLimitOf(category, this.#region);
    if (limit === undefined) return undefined;
    const bucket = this.#bucketFor(limit);
    this.#buckets.set(category, bucket);
    return bucket;
  }
}

/** The limit that a throttled RunTask most likely hit. */
export function narrowestFor(kind: LaunchKind): RateCategory {
  return kind === 'fargate' ? 'fargate-run-task' : 'cluster-resource-modify';
}

/**
 * The rates of all accounts and regions. An account's limits are shared by all credentials that
 * lead to it.
 */
export class AccountRates {
  readonly #clock: Clock;
  readonly #share: number;
  readonly #known = new Map<string, { readonly account: string; readonly rates: Rates }>();

  /** `share` is this process's part of each limit, where others use the account. */
  constructor(clock: Clock, share: number) {
    this.#clock = clock;
    this.#share = share;
  }

  of(account: string, region: string): Rates {
    const key = `${account}/${region}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known.rates;
    const rates = new Rates(this.#clock, region, this.#share);
    this.#known.set(key, { account, rates });
    return rates;
  }

  figures(): readonly RateFigures[] {
    return [...this.#known.values()].flatMap(({ account, rates }) =>
      rates.figures().map((figures) => ({ account, ...figures })),
    );
  }
}
