import type { Clock } from '../../kernel/clock.ts';
import { TokenBucket } from '../../kernel/token-bucket.ts';
import { AwsError } from './wire/aws-error.ts';

interface Limit {
  readonly burst: number;
  readonly perSecond: number;
}

/** Burst and refill a second, for each account and region (aws-ecs.md B.6.1). */
export const ecsLimits = {
  'cluster resource modify': { burst: 100, perSecond: 40 },
  'cluster resource read': { burst: 100, perSecond: 20 },
  'task definition modify': { burst: 20, perSecond: 1 },
  'task definition read': { burst: 50, perSecond: 20 },
  'task definition delete': { burst: 5, perSecond: 1 },
  'cluster modify': { burst: 20, perSecond: 1 },
  'cluster read': { burst: 50, perSecond: 20 },
  'capacity provider modify': { burst: 10, perSecond: 1 },
  'capacity provider read': { burst: 50, perSecond: 20 },
  'tag modify': { burst: 20, perSecond: 10 },
  'tag read': { burst: 50, perSecond: 20 },
  'Fargate RunTask': { burst: 20, perSecond: 20 },
  'Fargate launches on demand': { burst: 100, perSecond: 20 },
  'Fargate launches on Spot': { burst: 100, perSecond: 20 },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitCategory = keyof typeof ecsLimits;

/** The category that an operation draws from. An operation that is not listed has no limit. */
export const categoryOf: Readonly<Record<string, LimitCategory>> = {
  'ecs:RunTask': 'cluster resource modify',
  'ecs:StopTask': 'cluster resource modify',
  'ecs:DescribeTasks': 'cluster resource read',
  'ecs:ListTasks': 'cluster resource read',
  'ecs:DescribeContainerInstances': 'cluster resource read',
  'ecs:ListContainerInstances': 'cluster resource read',
  'ecs:RegisterTaskDefinition': 'task definition modify',
  'ecs:DeregisterTaskDefinition': 'task definition modify',
  'ecs:DescribeTaskDefinition': 'task definition read',
  'ecs:ListTaskDefinitions': 'task definition read',
  'ecs:DeleteTaskDefinitions': 'task definition delete',
  'ecs:CreateCluster': 'cluster modify',
  'ecs:DeleteCluster': 'cluster modify',
  'ecs:PutClusterCapacityProviders': 'cluster modify',
  'ecs:DescribeClusters': 'cluster read',
  'ecs:ListClusters': 'cluster read',
  'ecs:CreateCapacityProvider': 'capacity provider modify',
  'ecs:DeleteCapacityProvider': 'capacity provider modify',
  'ecs:DescribeCapacityProviders': 'capacity provider read',
  'ecs:TagResource': 'tag modify',
  'ecs:UntagResource': 'tag modify',
  'ecs:ListTagsForResource': 'tag read',
};

const getLogEvents10 = [
  'us-west-2',
  'eu-central-1',
  'eu-west-1',
  'ap-northeast-3',
  'ap-southeast-3',
  'ca-west-1',
  'il-central-1',
];
const filterLogEvents5 = [
  'ap-northeast-3',
  'ap-southeast-3',
  'ca-west-1',
  'eu-central-1',
  'il-central-1',
];

/** The request limit of CloudWatch Logs a second in a region. */
export function logsLimit(operation: string, region: string): number | undefined {
  switch (operation) {
    case 'logs:GetLogEvents':
      if (region === 'eu-west-3') return 30;
      return getLogEvents10.includes(region) ? 10 : 25;
    case 'logs:FilterLogEvents':
      if (region === 'us-east-1') return 25;
      return filterLogEvents5.includes(region) ? 5 : 10;
    default:
      return undefined;
  }
}

/** The token buckets of an account and region. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #region: string;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock, region: string) {
    this.#clock = clock;
    this.#region = region;
  }

  /** Takes the tokens of a call, or throws AWS's ThrottlingException. */
  charge(operation: string): void {
    const category = categoryOf[operation];
    if (category !== undefined) this.take(category, 1);
    const perSecond = logsLimit(operation, this.#region);
    if (perSecond !== undefined) this.#take(operation, { burst: perSecond, perSecond }, 1);
  }

  take(category: LimitCategory, count: number): void {
    this.#take(category, ecsLimits[category], count);
  }

  #take(name: string, { burst, perSecond }: Limit, count: number): void {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.#clock, burst, perSecond);
    this.#buckets.set(name, bucket);
    for (let taken = 0; taken < count; taken += 1) {
      if (bucket.tryTake()) continue;
      for (; taken > 0; taken -= 1) bucket.giveBack();
      throw new AwsError('ThrottlingException', 'Rate exceeded');
    }
  }
}
