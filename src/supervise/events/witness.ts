import { tasksPerCall } from '../../core/task/tasks-per-call.ts';
import { sessionIn } from '../../run/adopt/find-task.ts';
import { isForgottenBy } from '../../core/events/rumour.ts';
import { flowRunIdTag, type TaskTags } from '../../core/events/related-resources.ts';
import { askableArn, ownerOf } from '../../core/events/stopped-by-ecs.ts';
import type { TaskEvent } from '../../core/events/task-event-message.ts';
import { AwsCallError, isDeniedRight } from '../../core/diagnosis/aws-error.ts';
import { statementFor } from '../../core/diagnosis/policy.ts';
import { isNewer } from '../../core/task/task-order.ts';
import type { TaskArn } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { whenAborted } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import { within } from '../../kernel/deadline.ts';
import { RuntimeError, toError } from '../../kernel/errors.ts';
import { asSentence } from '../../kernel/outage.ts';
import { Gathering } from '../../kernel/gathering.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { Aws, AwsSession } from '../../run/ports/aws.ts';
import type { TaskAnswer, TaskReader } from '../../run/shared/task-reader.ts';
import { missingGraceMs } from '../tasks/watch.ts';
import { RegionTries } from './region-tries.ts';

export interface WitnessPorts {
  readonly aws: Aws;
  readonly taskReader: Pick<TaskReader, 'ask'>;
  readonly clock: Clock;
}

/** What ECS answers about the event of a stopped task. */
export type Testimony =
  | { readonly kind: 'stopped'; readonly task: EcsTask }
  /** ECS no longer knows the task or its cluster. Only the event describes the end. */
  | { readonly kind: 'gone' }
  /** The event is wrong, or this worker cannot check it. Nothing may be done on it. */
  | { readonly kind: 'nothing'; readonly why: string };

const rememberedTasks = 5_000;
const rememberedEnds = 500;
/**
 * ECS forgets a stopped task after about an hour. A task that has been missing for longer will not
 * appear any more.
 */
const forgottenAfterMs = 3_600_000;
/** DescribeTasks may lag a moment behind the event. */
const askAgainMs = 2_000;
/**
 * How long events without an owner are collected for one call. Most of them concern no Prefect
 * task, and no run waits for the answer.
 */
const gatherDoubtsMs = 5_000;
/** A message that takes longer is redelivered, so that other messages get a turn. */
const longestQuestionMs = 60_000;

/**
 * Asks ECS about tasks that this worker does not follow, with the worker's own credentials, up to
 * 100 a call. The event alone ends, deregisters and copies nothing: a forged one could otherwise
 * crash a healthy run (worker.md 10.11). Rejects when ECS cannot tell now, so that the message
 * stays in the queue.
 */
export class Witness {
  readonly #ports: WitnessPorts;
  readonly #regions: RegionTries;
  readonly #tags = new LruMap<string, TaskTags | 'none'>(rememberedTasks);
  /** Stopped tasks do not change. A redelivered message costs no further call. */
  readonly #stopped = new LruMap<string, EcsTask>(rememberedEnds);
  /**
   * When a task was first reported missing, in monotonic milliseconds, without an answer since that
   * showed it.
   */
  readonly #missingSinceMs = new LruMap<string, number>(rememberedTasks);
  readonly #doubts: Gathering;

  constructor(ports: WitnessPorts) {
    this.#ports = ports;
    this.#regions = new RegionTries(ports.clock);
    this.#doubts = new Gathering(ports.clock, { waitMs: gatherDoubtsMs, enough: tasksPerCall });
  }

  /**
   * Reads the tags of a task whose event does not name its owner. Undefined: ECS does not know the
   * task, or it is not a Prefect task.
   */
  async tagsOf(taskArn: string, signal: AbortSignal): Promise<TaskTags | undefined> {
    const known = this.#tags.get(taskArn);
    if (known !== undefined) return known === 'none' ? undefined : known;
    const arn = askableArn(taskArn);
    if (arn === undefined) return undefined;
    await this.#doubts.join(signal);
    const answer = await this.#ask(arn, signal);
    return answer.kind === 'seen' ? this.#remember(answer.task) : undefined;
  }

  async ofEnd({ occurred, task }: TaskEvent, signal: AbortSignal): Promise<Testimony> {
    const arn = task === undefined ? undefined : askableArn(task.taskArn);
    if (task === undefined || arn === undefined)
      return { kind: 'nothing', why: 'its ARN is not an ECS task ARN' };
    const stopped = this.#stopped.get(arn.taskArn);
    if (stopped !== undefined) return { kind: 'stopped', task: stopped };
    let answer = await this.#ask(arn, signal);
    if (
      answer.kind === 'seen' &&
      answer.task.lastStatus !== 'STOPPED' &&
      isNewer(task, answer.task)
    ) {
      await this.#ports.clock.sleep(askAgainMs, signal);
      answer = await this.#ask(arn, signal);
    }
    if (answer.kind !== 'missing') this.#missingSinceMs.delete(arn.taskArn);
    switch (answer.kind) {
      case 'elsewhere':
        return { kind: 'nothing', why: 'the task belongs to another AWS account' };
      case 'cluster-gone':
        return { kind: 'gone' };
      case 'untold':
        throw new RuntimeError(
          `DescribeTasks returned neither task '${arn.taskArn}' nor a failure for it; its ` +
            'event is kept',
        );
      case 'missing':
        return this.#missing(arn.taskArn, occurred);
      case 'seen':
        return this.#seen(answer.task);
    }
  }

  #seen(task: EcsTask): Testimony {
    const { taskArn, lastStatus } = task;
    if (lastStatus !== 'STOPPED')
      return { kind: 'nothing', why: `ECS reports the task as ${lastStatus}` };
    const known = this.#tags.get(taskArn); // ECS may have deleted the tags when the task stopped
    this.#remember(task);
    const stopped = { ...task, tags: { ...(known === 'none' ? {} : known), ...task.tags } };
    this.#stopped.set(taskArn, stopped);
    return { kind: 'stopped', task: stopped };
  }

  /**
   * A young task may not be visible yet. An old task counts as forgotten once it has been missing
   * for as long as the sweep's own grace period.
   */
  #missing(taskArn: string, occurred: string | undefined): Testimony {
    const { clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    const sinceMs = this.#missingSinceMs.get(taskArn) ?? nowMs;
    this.#missingSinceMs.set(taskArn, sinceMs);
    const isOld =
      isForgottenBy(occurred, clock.now().getTime()) || nowMs - sinceMs > forgottenAfterMs;
    if (isOld && nowMs - sinceMs >= missingGraceMs) return { kind: 'gone' };
    throw new RuntimeError(`ECS does not currently return task '${taskArn}'; its event is kept`);
  }

  #remember(task: EcsTask): TaskTags | undefined {
    const owner = ownerOf(task);
    const tags =
      owner === undefined ? undefined : { ...task.tags, [flowRunIdTag]: owner.flowRunId };
    this.#tags.set(task.taskArn, tags ?? 'none');
    return tags;
  }

  async #ask(
    arn: TaskArn,
    signal: AbortSignal,
  ): Promise<TaskAnswer | { readonly kind: 'elsewhere' | 'cluster-gone' }> {
    this.#regions.begin(arn.region);
    const session = await sessionIn(arn.region, undefined, this.#ports, signal);
    const question = (inTime: AbortSignal) =>
      unlessAborted(inTime, () => this.#askIn(session, arn, inTime));
    const answer = await within(longestQuestionMs, this.#ports.clock, signal, question);
    this.#regions.answered(arn.region);
    return answer;
  }

  async #askIn(
    session: AwsSession,
    arn: TaskArn,
    signal: AbortSignal,
  ): Promise<TaskAnswer | { readonly kind: 'elsewhere' | 'cluster-gone' }> {
    const account = await session.account(signal);
    if (account !== undefined && account !== arn.account) return { kind: 'elsewhere' };
    const mayJudgeAbsence = account !== undefined;
    try {
      const answer = await this.#ports.taskReader.ask(session, arn.clusterArn, arn.taskArn);
      return answer.kind === 'missing' && !mayJudgeAbsence ? { kind: 'untold' } : answer;
    } catch (error) {
      const isClusterGone =
        error instanceof AwsCallError && error.name === 'ClusterNotFoundException';
      if (isClusterGone && mayJudgeAbsence) return { kind: 'cluster-gone' };
      if (!isDeniedRight(error)) throw error;
      const advice =
        'Grant ecs:DescribeTasks to the worker; until then its events are kept and not acted on. ' +
        statementFor('ecs:DescribeTasks', error.said);
      throw new RuntimeError(`${asSentence(error.message)} ${advice}`, { cause: error });
    }
  }
}

/** Stops waiting at the signal. The call itself is shared with other tasks and continues. */
function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const detach = whenAborted(signal, () => reject(toError(signal.reason)));
    void work().then(resolve, reject).finally(detach);
  });
}
