import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import type { Consistency } from './deps.ts';
import type { NetworkFixtures } from './ec2/network.ts';
import type { TaskExecutor } from './ecs/executor.ts';
import type { TaskDelays } from './ecs/task-delays.ts';
import type { AccessKey } from './wire/key-ring.ts';

export interface LocalAwsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly executor: TaskExecutor;
  readonly log?: Logger;
  readonly region?: string;
  readonly account?: string;
  /**
   * The only keys that are believed: calls must be signed with one of them, or with those that
   * AssumeRole gave out for them, and `/_local/` paths need one by basic authentication (`curl -u
   * id:secret`). Default: any key is believed.
   */
  readonly keys?: readonly AccessKey[];
  readonly delays?: Partial<TaskDelays>;
  readonly stoppedTaskRetentionMs?: number;
  /** Default: reads see everything at once. */
  readonly consistency?: Partial<Consistency>;
  /** Whether calls are throttled by the token buckets of aws-ecs.md B.6. Default: no. */
  readonly rateLimits?: boolean;
  /** Default 0: registrations never overlap. */
  readonly registrationMs?: number;
  /** How long a task waits for a capacity provider of instances. Default 15 minutes. */
  readonly provisioningTimeoutMs?: number;
  /** Clusters that are there from the start in every account and region, beside `default`. */
  readonly clusters?: readonly string[];
  /** What EC2 knows. Only when given RunTask checks subnets and security groups against it. */
  readonly network?: NetworkFixtures;
  /** How many calls are kept with input and answer. Default 0: only their counts. */
  readonly keepCalls?: number;
  /** What faults draw is decided by this seed alone. Default: by `random`, as everything is. */
  readonly faultSeed?: number;
}
