import { allowUnknownSetting } from '../../core/aws-model/problem-words.ts';
import { guardRailSettings } from '../../core/guard/guard-rails.ts';
import type { TagBlanks } from '../../core/job/ecs-job.ts';
import {
  flag,
  integer,
  integerWithin,
  names,
  number,
  oneOfOr,
  patterns,
  text,
  textOr,
} from './declaration.ts';

const worker = 'PREFECT_INTEGRATIONS_AWS_ECS_WORKER';
const register = `${worker}_REGISTER_TASK_DEFINITION`;
const create = `${worker}_CREATE_TASK_RUN`;
const observer = 'PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER';
const tagBlanks: readonly TagBlanks[] = ['keep', 'dash'];

/** Settings of the Python worker, with its names and defaults (worker.md 4.5, 5.2). */
export const ecsWorkerSettings = {
  defaultImage: text(`${worker}_DEFAULT_IMAGE`, {
    takes: 'an image',
    otherwise: "the image of the deployment's Prefect version",
    does: 'The image for jobs that name none.',
  }),
  registerAttempts: integer(`${register}_MAX_ATTEMPTS`, {
    default: 3,
    least: 1,
    unit: 'attempts',
    does: 'Attempts to register a task definition before the run crashes.',
  }),
  registerInitialDelaySeconds: number(`${register}_INITIAL_DELAY_SECONDS`, {
    default: 1,
    least: 0,
    unit: 'seconds',
    does: 'The wait after the first failed registration; it doubles after each further one.',
  }),
  registerMaxDelaySeconds: number(`${register}_MAX_DELAY_SECONDS`, {
    default: 10,
    least: 0,
    unit: 'seconds',
    does: 'The longest wait between two attempts to register.',
  }),
  createTaskRunAttempts: integer(`${create}_MAX_ATTEMPTS`, {
    default: 3,
    least: 1,
    unit: 'attempts',
    does: 'Attempts of RunTask while it fails for a reason that may pass.',
  }),
  createTaskRunMinDelaySeconds: number(`${create}_MIN_DELAY_SECONDS`, {
    default: 1,
    least: 0,
    unit: 'seconds',
    does: 'The shortest wait between two such attempts.',
  }),
  createTaskRunMinDelayJitterSeconds: number(`${create}_MIN_DELAY_JITTER_SECONDS`, {
    default: 0,
    least: 0,
    unit: 'seconds',
    does: 'The minimum random time added to that wait.',
  }),
  createTaskRunMaxDelayJitterSeconds: number(`${create}_MAX_DELAY_JITTER_SECONDS`, {
    default: 3,
    least: 0,
    unit: 'seconds',
    does: 'The maximum random time added to that wait.',
  }),
};

/** Settings that only this worker has. */
export const ownSettings = {
  tagBlanks: oneOfOr('PREFECT_ECS_TAG_BLANKS', tagBlanks, {
    default: 'keep',
    does: 'Whether blanks in tag values are kept or become dashes, as in the Python worker.',
  }),
  cancelGraceSeconds: number('PREFECT_ECS_CANCEL_GRACE_SECONDS', {
    default: 60,
    least: 0,
    unit: 'seconds',
    does: 'How long the process of a cancelled run may continue before its task is stopped.',
  }),
  unfoundTaskTimeoutSeconds: number('PREFECT_ECS_UNFOUND_TASK_TIMEOUT_SECONDS', {
    default: 1_800,
    least: 300,
    unit: 'seconds',
    does: 'How long ECS must not know a task before it counts as gone.',
  }),
  streamOutputPrefix: flag('PREFECT_ECS_STREAM_OUTPUT_PREFIX', {
    default: true,
    does: "Streamed container output is prefixed with the run's name if the log format is text.",
  }),
  streamOutputToRunLogs: flag('PREFECT_ECS_STREAM_OUTPUT_TO_RUN_LOGS', {
    default: false,
    does: "Streamed container output is also written to the runs' logs in Prefect.",
  }),
  capacityTimeoutSeconds: number('PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS', {
    default: 1_800,
    least: 0,
    unit: 'seconds',
    does: 'How long a run waits for capacity before it crashes. 0: it crashes at once.',
  }),
  capacityWaitShare: number('PREFECT_ECS_CAPACITY_WAIT_SHARE', {
    default: 0.5,
    least: 0,
    most: 1,
    unit: 'a share of `--limit`',
    does: 'The largest share of the slots that runs waiting for capacity may hold.',
  }),
  capacityLadderRungs: names('PREFECT_ECS_CAPACITY_LADDER', {
    takes: 'comma-separated launch types and capacity providers',
    otherwise: 'none',
    does: 'The launch types and capacity providers that a run without capacity tries, in order.',
  }),
  capacityLadderFailures: integer('PREFECT_ECS_CAPACITY_LADDER_FAILURES', {
    default: 3,
    least: 1,
    unit: 'refusals',
    does: 'Refusals before a run tries the next entry of PREFECT_ECS_CAPACITY_LADDER.',
  }),
  relaunchFailedStarts: flag('PREFECT_ECS_RELAUNCH_FAILED_STARTS', {
    default: false,
    does: 'A task that AWS failed to start before user code ran is relaunched, at most twice.',
  }),
  allowsUnknownAwsFields: flag(allowUnknownSetting, {
    default: false,
    does: 'Fields that this version does not know are sent to AWS instead of being refused.',
  }),
  rateShare: number('PREFECT_ECS_AWS_RATE_SHARE', {
    default: 1,
    least: 0.01,
    most: 1,
    unit: 'a share',
    does: "This worker's share of the account's rate limits, if others use the account.",
  }),
};

/** Limits that a platform team sets for runs (docs/guard-rails.md). */
export const guardRails = {
  allowedTaskRoles: patterns(guardRailSettings.allowedTaskRoles, {
    otherwise: 'all',
    does: 'Task roles that runs may use, by ARN or name.',
  }),
  allowedExecutionRoles: patterns(guardRailSettings.allowedExecutionRoles, {
    otherwise: 'all',
    does: 'Execution roles that runs may use, by ARN or name.',
  }),
  allowedClusters: patterns(guardRailSettings.allowedClusters, {
    otherwise: 'all',
    does: 'Clusters that runs may use, by ARN or name.',
  }),
  allowedImages: patterns(guardRailSettings.allowedImages, {
    otherwise: 'all',
    does: 'Images that containers of runs may use.',
  }),
  allowedBlocks: patterns(guardRailSettings.allowedBlocks, {
    otherwise: 'all',
    does: 'Block documents that runs may use, as `TYPE/NAME` or by id.',
  }),
  allowedAwsEndpoints: patterns(guardRailSettings.allowedAwsEndpoints, {
    otherwise: 'none in job variables',
    does: 'AWS endpoints and proxies that runs may name, by scheme, host and port.',
  }),
  allowsBlockEndpoints: flag(guardRailSettings.allowsBlockEndpoints, {
    default: true,
    does: 'AwsCredentials blocks may use endpoints that are not in that list.',
  }),
  credentialsOnlyFromPool: flag(guardRailSettings.credentialsOnlyFromPool, {
    default: false,
    does: 'Job variables must not set `aws_credentials`.',
  }),
  forbiddenEnv: patterns(guardRailSettings.forbiddenEnv, {
    otherwise: 'none',
    does: 'Names of environment variables that job variables must neither set nor unset.',
  }),
};

/** The observer of task events, with the Python worker's names and defaults (worker.md 10.2). */
export const observerSettings = {
  enabled: flag(`${observer}_ENABLED`, {
    default: true,
    does: 'The worker reads task events from an SQS queue.',
  }),
  queueName: textOr(`${observer}_SQS_QUEUE_NAME`, {
    takes: 'a name',
    default: 'prefect-ecs-tasks-events',
    does: 'The queue that EventBridge sends task events to.',
  }),
  queueRegion: text(`${observer}_SQS_QUEUE_REGION`, {
    takes: 'a region',
    otherwise: "the worker's region",
    does: 'The region of that queue.',
  }),
  forwardCrashedRunLogs: flag(`${observer}_FORWARD_CRASHED_RUN_LOGS`, {
    default: true,
    does: "The last lines of a crashed container are copied to its run's log in Prefect.",
  }),
  forwardCrashedRunLogsMaxEvents: integerWithin(`${observer}_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS`, {
    default: 500,
    least: 1,
    most: 10_000,
    unit: 'lines',
    does: 'The maximum number of those lines.',
  }),
};
