import { startedByFor } from '../../core/claim/launch-mark.ts';
import { denialOf, isAwsIll } from '../../core/diagnosis/denial.ts';
import {
  capacityWords,
  translateLaunchError,
  type LaunchContext,
} from '../../core/diagnosis/launch-error.ts';
import { RuntimeError, toError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { AwsSession } from '../ports/aws.ts';
import { HeldBackError } from '../shared/gate.ts';
import type { RunPorts } from '../run-context.ts';
import type { Launched } from '../ports/task-follower.ts';
import {
  attemptOnce,
  nextWaitMs,
  type CreateTaskRunSettings,
  type Failed,
} from './launch-outcome.ts';
import { Repetition } from './repetition.ts';

/** What one launch needs, including its repetitions with the same token. */
export interface Launch {
  readonly flowRunId: string;
  readonly launchId: string;
  /**
   * The token of RunTask and the number of its launch: the launch id and 1, or a relaunch's own.
   */
  readonly token: string;
  readonly attempt: number;
  readonly session: Pick<AwsSession, 'runTask'>;
  /** Asked before each call. Rejects when the launch must not be made any more. */
  readonly mayCall: (signal: AbortSignal) => Promise<void>;
  /** No readable answer came, so a task may exist. */
  readonly onUnanswered: () => void;
  /** A turn for each further RunTask call; the caller took the first. */
  readonly nextTurn: (signal: AbortSignal) => Promise<unknown>;
  /** RunTask's input for a definition, without token and `startedBy`. */
  readonly requestWith: (definitionArn: string) => JsonObject;
  readonly definitionArn: string;
  /** Provides the definition again after ECS called it inactive; undefined: the user named it. */
  readonly provideAgain: ((signal: AbortSignal) => Promise<string>) | undefined;
  /**
   * Whether the caller waits for capacity; else a lack of capacity is handled like any other
   * refusal.
   */
  readonly waitsForCapacity: boolean;
  /** Redacts what a log may show of the request. */
  readonly redactor: { document(document: JsonObject): JsonObject };
  readonly configureCloudwatchLogs: boolean;
  readonly executionRoleArn: string | undefined;
}

/**
 * It is unknown whether RunTask started a task, and cannot be determined now. The run must be left
 * for adoption: crashing it would hide a task that may run.
 */
export class LaunchOutcomeUnknownError extends RuntimeError {}

/**
 * The run went on without this launch: RunTask must not be called again. An earlier call may have
 * started a task.
 */
export class LaunchVoidError extends RuntimeError {}

/** ECS has no capacity for the task and said so at once: nothing was started under this token. */
export class NoCapacityError extends RuntimeError {
  /** The missing capacity, as ECS names it. */
  readonly reason: string;
  /** The same as sentences. */
  readonly words: string;
  readonly refusal: Error;
  readonly context: LaunchContext;

  constructor(reason: string, refusal: Error, context: LaunchContext) {
    super(`ECS has no room for the task: ${reason}`, { cause: refusal });
    this.words = capacityWords(refusal, reason, context);
    this.reason = reason;
    this.refusal = refusal;
    this.context = context;
  }
}

/** ECS refuses this launch and every other that asks for the same. This call started nothing. */
export class LaunchDeniedError extends RuntimeError {
  /** The error as AWS returned it. */
  readonly refusal: Error;
  /** The error as reported to the run. */
  readonly told: Error;

  constructor(refusal: Error, told: Error) {
    super(told.message, { cause: told });
    this.refusal = refusal;
    this.told = told;
  }
}

export type LaunchPorts = Pick<RunPorts, 'clock' | 'random'> & {
  readonly settings: () => CreateTaskRunSettings;
};

/** How long lost answers, throttles and outages are retried before a launch is given up. */
const patienceMs = 15 * 60_000;

/**
 * Starts the claim's task once: each repetition carries the same token, so a call whose answer was
 * lost finds the first task (worker.md 8.3). An error that cannot heal is thrown at the first call,
 * with the message of worker.md 8.4.
 */
export async function launch(
  what: Launch,
  ports: LaunchPorts,
  log: Logger,
  signal: AbortSignal,
): Promise<Launched> {
  log.info('Creating ECS task run...');
  const startedMs = ports.clock.monotonicMs();
  const settings = ports.settings();
  let definitionArn = what.definitionArn;
  let providedAgain = false;
  let mayHaveStarted = false;
  let refusals = 0;
  const repetition = new Repetition(ports.clock, log);
  for (let attempt = 1; ; attempt += 1) {
    const request = tokenized(what.requestWith(definitionArn), what);
    if (attempt > 1) await what.nextTurn(signal);
    else if (log.isDebugging)
      log.debug(`Task run request${JSON.stringify(what.redactor.document(request))}`);
    await what.mayCall(signal);
    const attempted = await attemptOnce(what.session, request, signal);
    if (attempted.kind === 'started') return placeOf(attempted.task, request);
    const isGone = attempted.kind === 'inactive' && !providedAgain;
    const outcome = isGone
      ? await providedOnceMore(what.provideAgain, attempted, signal)
      : attempted;
    if (outcome.kind === 'provided') {
      providedAgain = true;
      definitionArn = outcome.arn;
      continue;
    }
    if (outcome.kind === 'denied')
      throw new LaunchDeniedError(
        outcome.error,
        translateLaunchError(outcome.error, contextOf(what, request)),
      );
    if (outcome.kind === 'no-capacity' && what.waitsForCapacity)
      throw new NoCapacityError(outcome.reason, outcome.error, contextOf(what, request));
    if (outcome.kind === 'unknown' || outcome.kind === 'empty') what.onUnanswered();
    mayHaveStarted ||= outcome.kind === 'unknown';
    refusals += ['refused', 'healing', 'no-capacity', 'empty'].includes(outcome.kind) ? 1 : 0;
    const sinceMs = ports.clock.monotonicMs() - startedMs;
    const waitMs = nextWaitMs(
      outcome,
      { made: attempt, refusals, sinceMs },
      settings,
      ports.random,
    );
    if (waitMs === undefined || sinceMs + waitMs > patienceMs)
      throw giveUp(outcome.error, mayHaveStarted, what, request);
    repetition.tell(outcome.error, attempt, waitMs);
    await ports.clock.sleep(waitMs, signal);
  }
}

interface Provided {
  readonly kind: 'provided';
  readonly arn: string;
}

/**
 * What prevents the definition from being provided again is retried like a throttle: no task was
 * started.
 */
async function providedOnceMore(
  provideAgain: Launch['provideAgain'],
  inactive: Failed,
  signal: AbortSignal,
): Promise<Failed | Provided> {
  if (provideAgain === undefined) return inactive;
  try {
    return { kind: 'provided', arn: await provideAgain(signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toError(thrown);
    if (denialOf(error) !== undefined) return { kind: 'denied', error };
    return {
      kind: isAwsIll(error) || error instanceof HeldBackError ? 'throttled' : 'hopeless',
      error,
    };
  }
}

function giveUp(error: Error, mayHaveStarted: boolean, what: Launch, request: JsonObject): Error {
  if (mayHaveStarted) {
    return new LaunchOutcomeUnknownError(
      `Cannot tell whether ECS started the task of launch ${what.launchId}: ${error.message}`,
      { cause: error },
    );
  }
  return translateLaunchError(error, contextOf(what, request));
}

function contextOf(what: Launch, request: JsonObject): LaunchContext {
  const { configureCloudwatchLogs, executionRoleArn } = what;
  return { request, configureCloudwatchLogs, executionRoleArn };
}

/**
 * Token and `startedBy` of worker.md 8.3. A template's own `startedBy` is kept. Its own token is
 * not: being the same for every run, it would make ECS answer each launch with the first run's
 * task.
 */
function tokenized(request: JsonObject, what: Launch): JsonObject {
  return { startedBy: startedByFor(what), ...request, clientToken: what.token };
}

function placeOf(task: Launched, request: JsonObject): Launched {
  const cluster = request['cluster'];
  return task.clusterArn !== ''
    ? task
    : { ...task, clusterArn: typeof cluster === 'string' ? cluster : 'default' };
}
