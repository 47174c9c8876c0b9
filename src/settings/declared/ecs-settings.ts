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

/** The Python worker's, whose names and defaults they keep (worker.md 4.5, 5.2). */
export const ecsWorkerSettings = {
  defaultImage: text(`${worker}_DEFAULT_IMAGE`, {
    takes: 'an image',
    otherwise: "the image of the deployment's Prefect version",
    does: 'The image of jobs that name none.',
  }),
  registerAttempts: integer(`${register}_MAX_ATTEMPTS`, {
    default: 3,
    least: 1,
    unit: 'attempts',
    does: 'How often a task definition is registered before the run is crashed.',
  }),
  registerInitialDelaySeconds: number(`${register}_INITIAL_DELAY_SECONDS`, {
    default: 1,
    least: 0,
    unit: 'seconds',
    does: 'The wait after the first failed registration; it doubles with each.',
  }),
  registerMaxDelaySeconds: number(`${register}_MAX_DELAY_SECONDS`, {
    default: 10,
    least: 0,
    unit: 'seconds',
    does: 'The longest wait between two registrations.',
  }),
  createTaskRunAttempts: integer(`${create}_MAX_ATTEMPTS`, {
    default: 3,
    least: 1,
    unit: 'attempts',
    does: 'How often RunTask is called while its answers name a failure that may pass.',
  }),
  createTaskRunMinDelaySeconds: number(`${create}_MIN_DELAY_SECONDS`, {
    default: 1,
    least: 0,
    unit: 'seconds',
    does: 'The shortest wait between two such calls.',
  }),
  createTaskRunMinDelayJitterSeconds: number(`${create}_MIN_DELAY_JITTER_SECONDS`, {
    default: 0,
    least: 0,
    unit: 'seconds',
    does: 'The least that is added to that wait at random.',
  }),
  createTaskRunMaxDelayJitterSeconds: number(`${create}_MAX_DELAY_JITTER_SECONDS`, {
    default: 3,
    least: 0,
    unit: 'seconds',
    does: 'The most that is added to that wait at random.',
  }),
};

/** This worker's own. */
export const ownSettings = {
  tagBlanks: oneOfOr('PREFECT_ECS_TAG_BLANKS', tagBlanks, {
    default: 'keep',
    does: 'Blanks in the values of tags stay, or become dashes, as the Python worker makes them.',
  }),
  cancelGraceSeconds: number('PREFECT_ECS_CANCEL_GRACE_SECONDS', {
    default: 60,
    least: 0,
    unit: 'seconds',
    does: 'How long the process of a cancelled run may go on before its task is stopped.',
  }),
  unfoundTaskTimeoutSeconds: number('PREFECT_ECS_UNFOUND_TASK_TIMEOUT_SECONDS', {
    default: 1_800,
    least: 300,
    unit: 'seconds',
    does: 'After this long a task that ECS does not know counts as gone.',
  }),
  streamOutputPrefix: flag('PREFECT_ECS_STREAM_OUTPUT_PREFIX', {
    default: true,
    does: 'Each line of a container begins with the name of its run, on a console of people.',
  }),
  streamOutputToRunLogs: flag('PREFECT_ECS_STREAM_OUTPUT_TO_RUN_LOGS', {
    default: false,
    does: "The output of containers goes to the runs' logs in Prefect, too.",
  }),
  capacityTimeoutSeconds: number('PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS', {
    default: 1_800,
    least: 0,
    unit: 'seconds',
    does: 'How long a run waits for capacity before it is crashed. 0: it is crashed at once.',
  }),
  capacityWaitShare: number('PREFECT_ECS_CAPACITY_WAIT_SHARE', {
    default: 0.5,
    least: 0,
    most: 1,
    unit: 'a share of `--limit`',
    does: 'Runs that wait for capacity hold at most this part of the slots.',
  }),
  capacityLadderRungs: names('PREFECT_ECS_CAPACITY_LADDER', {
    takes: 'launch types and capacity providers with commas between them',
    otherwise: 'none',
    does: 'What a run that waits for capacity asks for next, in this order.',
  }),
  capacityLadderFailures: integer('PREFECT_ECS_CAPACITY_LADDER_FAILURES', {
    default: 3,
    least: 1,
    unit: 'refusals',
    does: 'After so many a run goes on to the next of PREFECT_ECS_CAPACITY_LADDER.',
  }),
  relaunchFailedStarts: flag('PREFECT_ECS_RELAUNCH_FAILED_STARTS', {
    default: false,
    does: 'A task that AWS failed to start before user code ran is relaunched, at most twice.',
  }),
  allowsUnknownAwsFields: flag(allowUnknownSetting, {
    default: false,
    does: 'Fields that this version does not know are sent to AWS instead of refused.',
  }),
  rateShare: number('PREFECT_ECS_AWS_RATE_SHARE', {
    default: 1,
    least: 0.01,
    most: 1,
    unit: 'a share',
    does: "This worker's part of the account's rate limits, where others use the account.",
  }),
};

/** What a platform team lets runs do (docs/guard-rails.md). */
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
    does: 'Images that the containers of runs may use.',
  }),
  allowedBlocks: patterns(guardRailSettings.allowedBlocks, {
    otherwise: 'all',
    does: 'Block documents that runs may use, as `TYPE/NAME` or by id.',
  }),
  allowedAwsEndpoints: patterns(guardRailSettings.allowedAwsEndpoints, {
    otherwise: 'none of job variables',
    does: 'AWS endpoints and proxies that runs may spell out, by scheme, host and port.',
  }),
  allowsBlockEndpoints: flag(guardRailSettings.allowsBlockEndpoints, {
    default: true,
    does: 'An AwsCredentials block may bring an endpoint that is not in the list.',
  }),
  credentialsOnlyFromPool: flag(guardRailSettings.credentialsOnlyFromPool, {
    default: false,
    does: 'Job variables may not set `aws_credentials`.',
  }),
  forbiddenEnv: patterns(guardRailSettings.forbiddenEnv, {
    otherwise: 'none',
    does: 'Names of environment variables that job variables may neither set nor unset.',
  }),
};

/** The observer of task events (worker.md 10.2), whose names and defaults are the Python worker's. */
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
    otherwise: "the worker's own",
    does: 'The region of that queue.',
  }),
  forwardCrashedRunLogs: flag(`${observer}_FORWARD_CRASHED_RUN_LOGS`, {
    default: true,
    does: "The last lines of a crashed container go to its run's log in Prefect.",
  }),
  forwardCrashedRunLogsMaxEvents: integerWithin(`${observer}_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS`, {
    default: 500,
    least: 1,
    most: 10_000,
    unit: 'lines',
    does: 'At most so many of them.',
  }),
};
