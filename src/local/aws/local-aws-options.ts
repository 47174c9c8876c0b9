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
   * The only accepted keys: calls must be signed with one of them, or with temporary keys that
   * AssumeRole issued for them. `/_local/` paths require one by basic authentication (`curl -u
   * id:secret`). Default: any key is accepted.
   */
  readonly keys?: readonly AccessKey[];
  readonly delays?: Partial<TaskDelays>;
  readonly stoppedTaskRetentionMs?: number;
  /** Default: reads see every change at once. */
  readonly consistency?: Partial<Consistency>;
  /** Whether calls are throttled by the token buckets of aws-ecs.md B.6. Default: no. */
  readonly rateLimits?: boolean;
  /** Default 0: registrations never overlap. */
  readonly registrationMs?: number;
  /** How long a task waits for room on instances. Default 15 minutes. */
  readonly provisioningTimeoutMs?: number;
  /** Clusters that exist from the start in every account and region, besides `default`. */
  readonly clusters?: readonly string[];
  /** The network of EC2. Only if given, RunTask checks subnets and security groups against it. */
  readonly network?: NetworkFixtures;
  /** How many calls are kept with input and answer. Default 0: only counts. */
  readonly keepCalls?: number;
  /** A separate seed for faults. Default: faults draw from `random` like everything else. */
  readonly faultSeed?: number;
}
