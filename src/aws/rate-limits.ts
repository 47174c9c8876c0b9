/** Calls at once, and calls a second. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

const limit = (burst: number, perSecond: number): RateLimit => ({ burst, perSecond });

/**
 * A group of calls that AWS limits together, by account and region. `sqs`: no limit that we would
 * reach.
 */
export type RateCategory =
  | 'cluster-resource-modify'
  | 'cluster-resource-read'
  | 'fargate-run-task'
  | 'task-definition-modify'
  | 'task-definition-read'
  | 'ec2-read'
  | 'sts'
  | 'get-log-events'
  | 'filter-log-events'
  | 'sqs';

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

/**
 * AWS's request limits (aws-ecs.md B.6). Undefined: no limit that we would reach. EC2's are kept
 * low on purpose, because the whole account shares them.
 */
export function rateLimitOf(category: RateCategory, region: string): RateLimit | undefined {
  switch (category) {
    case 'cluster-resource-modify':
      return limit(100, 40);
    case 'cluster-resource-read':
      return limit(100, 20);
    case 'fargate-run-task':
      return limit(20, 20);
    case 'task-definition-modify':
      return limit(20, 1);
    case 'task-definition-read':
      return limit(50, 20);
    case 'ec2-read':
      return limit(50, 10);
    case 'sts':
      return limit(20, 5);
    case 'get-log-events':
      return evenly(region === 'eu-west-3' ? 30 : getLogEvents10.includes(region) ? 10 : 25);
    case 'filter-log-events':
      return evenly(region === 'us-east-1' ? 25 : filterLogEvents5.includes(region) ? 5 : 10);
    case 'sqs':
      return undefined;
  }
}

function evenly(perSecond: number): RateLimit {
  return limit(perSecond, perSecond);
}
