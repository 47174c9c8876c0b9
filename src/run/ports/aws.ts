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
 * RunTask's answer: the tasks that ECS accepted and those it did not place. An answer with neither
 * means "unknown", never "no".
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
   * Each with its fingerprint, by which it is recognised as unchanged next time. Without one, it is
   * returned again.
   */
  readonly changed: readonly { readonly task: EcsTask; readonly fingerprint: string | undefined }[];
  /** ARNs of tasks that have not changed by a single byte. */
  readonly unchanged: readonly string[];
  readonly failures: readonly EcsFailure[];
}

/** One line of a container's output. */
export interface OutputLine {
  readonly timestamp: Date;
  readonly message: string;
}

/** A page of a log stream, oldest line first. A page may be empty without being the end. */
export interface LogPage {
  readonly lines: readonly OutputLine[];
  /** Equal to the token that was sent: this is the end so far. The same token finds later lines. */
  readonly forwardToken: string | undefined;
  readonly backwardToken: string | undefined;
}

/** What to read of a stream. With a token, the token decides the direction. */
export interface LogQuery extends LogStreamName {
  readonly from: 'head' | 'tail';
  readonly token: string | undefined;
  /** Leaves out earlier lines. */
  readonly since?: Date;
  readonly limit?: number;
}

export interface SubnetFact {
  readonly subnetId: string;
  readonly availabilityZone: string | undefined;
  readonly vpcId: string | undefined;
}

/**
 * AWS as seen with one set of credentials in one region. Throws only `AwsCallError`
 * (core/diagnosis/aws-error.ts). Documents have the API's own shapes: unknown keys of users'
 * templates pass through.
 */
export interface AwsSession {
  readonly region: string;
  /**
   * Same key: same identity and region, so callers may batch and cache together. Holds no secret.
   */
  readonly key: string;
  /** Computes the age of ECS's timestamps by ECS's own clock. */
  readonly server: Pick<RemoteClock, 'now' | 'ageMs'>;
  /** The account of these credentials, asked once; undefined: STS does not tell. */
  account(signal: AbortSignal): Promise<string | undefined>;
  registerTaskDefinition(document: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /** Takes an ARN, `family:revision` or a family. Returns the answer's `taskDefinition`. */
  describeTaskDefinition(taskDefinition: string, signal: AbortSignal): Promise<JsonObject>;
  deregisterTaskDefinition(taskDefinitionArn: string, signal: AbortSignal): Promise<void>;
  /**
   * Waits for a turn of the launch bucket (RunTask's share of AWS's rate limits). Taken before the
   * claim, so that RunTask follows the claim at once (worker.md 0.4.1). Give it back when the claim
   * is refused.
   */
  reserveLaunch(kind: LaunchKind, signal: AbortSignal): Promise<LaunchTurn>;
  /** Sends exactly one call: the caller has a turn and knows the token. */
  runTask(request: JsonObject, signal: AbortSignal): Promise<RunTaskAnswer>;
  /** At most 100 tasks of one cluster. */
  describeTasks(
    cluster: string,
    taskArns: readonly string[],
    signal: AbortSignal,
  ): Promise<DescribeTasksAnswer>;
  /**
   * Describes up to 100 tasks for the sweep, at lowest priority, without tags and overrides.
   * `known`: the fingerprints of the last answers by ARN. A task whose fingerprint is in `known` is
   * returned as unchanged.
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
  /** `behind`: calls for the same turns that go first. */
  stopTask(
    task: { readonly clusterArn: string; readonly taskArn: string },
    reason: string,
    behind: 'nothing' | 'launches',
    signal: AbortSignal,
  ): Promise<EcsTask | undefined>;
  /** Undefined: the group or stream does not exist (yet). */
  readLog(query: LogQuery, signal: AbortSignal): Promise<LogPage | undefined>;
  /**
   * Which of up to 100 streams of a group have lines from that time on, in one call; undefined: one
   * call cannot tell. Every stream must exist.
   */
  streamsWithLines(
    query: { readonly group: string; readonly streams: readonly string[]; readonly since: Date },
    signal: AbortSignal,
  ): Promise<ReadonlySet<string> | undefined>;
  /**
   * The VPC with that id, or the default VPC; undefined: there is none, or AWS answered not-found.
   */
  findVpc(vpcId: string | undefined, signal: AbortSignal): Promise<string | undefined>;
  /** All pages, in AWS's order. */
  readSubnets(vpcId: string, signal: AbortSignal): Promise<readonly SubnetFact[]>;
}

/** Sessions by credentials: the same fields give the same session (worker.md 2.2). */
export interface Aws {
  sessionFor(credentials: AwsCredentials, signal: AbortSignal): Promise<AwsSession>;
}

/** A readable log stream of a container, and the session to read it with. */
export interface ReadableOutput extends LogStreamName {
  readonly kind: 'readable';
  readonly session: AwsSession;
}
