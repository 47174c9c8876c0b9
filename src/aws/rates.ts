import type { Clock } from '../kernel/clock.ts';
import { TokenBucket } from '../kernel/token-bucket.ts';

/** AWS's request limits by category: calls at once, and per second (aws-ecs.md B.6). EC2's are kept low on purpose. */
const limits = {
  'cluster-resource-modify': [100, 40],
  'cluster-resource-read': [100, 20],
  'fargate-run-task': [20, 20],
  'task-definition-modify': [20, 1],
  'task-definition-read': [50, 20],
  'ec2-read': [50, 10],
  'log-read': [10, 10],
  'log-filter': [5, 5],
  sts: [20, 5],
} as const;

export type RateCategory = keyof typeof limits;

/** The token buckets of one identity in one region, shared by all of its calls (design.md decision 6). */
export class Rates {
  readonly #buckets: ReadonlyMap<RateCategory, TokenBucket>;

  constructor(clock: Clock) {
    this.#buckets = new Map(
      (Object.keys(limits) as RateCategory[]) // the keys of a literal are its own type's names
        .map((category) => [category, new TokenBucket(clock, limits[category][0], limits[category][1])]),
    );
  }

  async take(category: RateCategory, signal: AbortSignal): Promise<void> {
    await this.#buckets.get(category)?.take(signal);
  }

  giveBack(category: RateCategory): void {
    this.#buckets.get(category)?.giveBack();
  }
}
