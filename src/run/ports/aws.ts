import type { AwsCredentials } from '../../core/job/aws-credentials.ts';
import type { LogStreamName } from '../../core/task/log-location.ts';
import type { EcsFailure, EcsTask } from '../../core/task/task.ts';
import type { LaunchKind } from '../../core/plan/launch-type.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { RemoteClock } from '../../kernel/remote-clock.ts';

/** A turn to call RunTask. */
export interface LaunchTurn {
  giveBack(): void;
}

/**
 * RunTask's answer: what ECS accepted, and what it did not place. An answer with neither is
 * "unknown", never "no".
 */
export interface RunTaskAnswer {
  readonly tasks: readonly EcsTask[];
  readonly failures: readonly EcsFailure[];
}

export interface DescribeTasksAnswer {
  readonly tasks: readonly EcsTask[];
  readonly failures: readonly EcsFailure[];
}

export interface ChangedTasksAnswer {
  /**
   * With the fingerprint by which the same is known the next time; without one, it is told again.
   */
  readonly changed: readonly { readonly task: EcsTask; readonly fingerprint: string | undefined }[];
  /** ARNs of tasks that are as they were known, to the last byte. */
  readonly unchanged: readonly string[];
  readonly failures: readonly EcsFailure[];
}

/** One line of a container's output. */
export interface OutputLine {
  readonly timestamp: Date;
  readonly message: string;
}

/** A page of a log stream, oldest first. It may be empty and not the end. */
export interface LogPage {
  readonly lines: readonly OutputLine[];
  /**
   * The end is told by the token that was sent coming back; lines that come later are found with
   * it.
   */
  readonly forwardToken: string | undefined;
  readonly backwardToken: string | undefined;
}

/** What is read of a stream. With a token the direction is the token's. */
export interface LogQuery extends LogStreamName {
  readonly from: 'head' | 'tail';
  readonly token: string | undefined;
  /** Lines of before are left out. */
  readonly since?: Date;
  readonly limit?: number;
}

export interface SubnetFact {
  readonly subnetId: string;
  readonly availabilityZone: string | undefined;
  readonly vpcId: string | undefined;
}

/**
 * AWS as seen with one set of credentials in one region. Every error thrown is an `AwsCallError`
 * (core/diagnosis/aws-error.ts). Documents are the API's own shapes: unknown keys of users'
 * templates pass through.
 */
export interface AwsSession {
  readonly region: string;
  /**
   * Same key: same identity and region. Tells callers what they may batch and cache together; holds
   * no secret.
   */
  readonly key: string;
  /** What ECS stamped is aged by ECS's own clock. */
  readonly server: Pick<RemoteClock, 'now' | 'ageMs'>;
  /** The account that these credentials belong to, asked once; undefined when STS does not say. */
  account(signal: AbortSignal): Promise<string | undefined>;
  registerTaskDefinition(document: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /** By ARN, `family:revision` or family; the `taskDefinition` of the answer. */
  describeTaskDefinition(taskDefinition: string, signal: AbortSignal): Promise<JsonObject>;
  deregisterTaskDefinition(taskDefinitionArn: string, signal: AbortSignal): Promise<void>;
  /**
   * Waits for a turn of the launch bucket (RunTask's share of AWS's rate limits). Taken before the
   * claim, so that RunTask follows the claim at once (worker.md 0.4.1); a refused claim gives
   * it back.
   */
  reserveLaunch(kind: LaunchKind, signal: AbortSignal): Promise<LaunchTurn>;
  /** One call, no repetition, no waiting for a turn: the caller has one and knows the token. */
  runTask(request: JsonObject, signal: AbortSignal): Promise<RunTaskAnswer>;
  /** At most 100 tasks of one cluster. */
  describeTasks(
    cluster: string,
    taskArns: readonly string[],
    signal: AbortSignal,
  ): Promise<DescribeTasksAnswer>;
  /**
   * The sweep's look at at most 100 tasks, behind everything else that reads; without tags and
   * overrides. `known` has the ARN of each task by the fingerprint of what was told of it last:
   * what is told once more is not told again.
   */
  describeChangedTasks(
    cluster: string,
    taskArns: readonly string[],
    known: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<ChangedTasksAnswer>;
  /** All pages. */
  listTasks(
    query: {
      readonly cluster: string;
      readonly startedBy?: string;
      readonly family?: string;
      readonly desiredStatus?: 'RUNNING' | 'STOPPED';
    },
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** `behind`: what waits for the same turns and goes first. */
  stopTask(
    task: { readonly clusterArn: string; readonly taskArn: string },
    reason: string,
    behind: 'nothing' | 'launches',
    signal: AbortSignal,
  ): Promise<EcsTask | undefined>;
  /** Undefined: there is no such group or stream, or not yet. */
  readLog(query: LogQuery, signal: AbortSignal): Promise<LogPage | undefined>;
  /**
   * Which of at most 100 streams of one group have lines of that time or later, in one call;
   * undefined where one call does not tell. Every stream must exist.
   */
  streamsWithLines(
    query: { readonly group: string; readonly streams: readonly string[]; readonly since: Date },
    signal: AbortSignal,
  ): Promise<ReadonlySet<string> | undefined>;
  /**
   * The VPC of that id, or the default one; `undefined` when there is none (also for AWS's
   * not-found error).
   */
  findVpc(vpcId: string | undefined, signal: AbortSignal): Promise<string | undefined>;
  /** All pages, in AWS's order. */
  readSubnets(vpcId: string, signal: AbortSignal): Promise<readonly SubnetFact[]>;
}

/** Sessions by credentials: same fields, same session (worker.md 2.2). */
export interface Aws {
  sessionFor(credentials: AwsCredentials, signal: AbortSignal): Promise<AwsSession>;
}

/** A container's log stream that can be read, and as whom. */
export interface ReadableOutput extends LogStreamName {
  readonly kind: 'readable';
  readonly session: AwsSession;
}
