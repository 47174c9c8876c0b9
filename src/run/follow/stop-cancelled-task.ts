import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import { isCancellationWanted, isLetGo } from '../../core/claim/act-rows.ts';
import { linkAbort, type AbortFlag } from '../../kernel/abort.ts';
import { doubledMs, exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import { Outage } from '../../kernel/outage.ts';
import type { ClaimedTask } from '../output/claimed-task.ts';
import type { RunContext } from '../run-context.ts';
import { actorOf } from '../states/act.ts';
import { cancelledWhilePending, proposeCancelled } from '../states/cancelled.ts';
import type { Look } from '../states/look.ts';
import {
  stopTask,
  tellDeniedOnce,
  tellNothingToStopOnce,
  untilDeniedStopAgainMs,
} from '../tasks/stop-task.ts';

const firstWaitMs = 1_000;
const longestWaitMs = 60_000;
/** Longest time between tries while ECS does not show the task yet. */
const unseenWaitMs = 15_000;

/** Time between looks at a stopping task: one second at first, then longer. */
const firstLookMs = 1_000;
const longestLookMs = 30_000;

/**
 * What a cancellation has reached: the message to report when the task has stopped. Once it is set,
 * no launch follows.
 */
export interface Cancellation {
  /** Reported when the task has stopped; undefined: ECS was not asked to stop it. */
  message: string | undefined;
}

/**
 * Completes cancellations of the run for as long as its task is followed. Events and polls only
 * wake it. A look decides whether the cancellation is wanted, so a lost event loses none, and a run
 * that was retried meanwhile is not stopped (worker.md 11.1). No failure ends it (worker.md 11.2).
 * Ends with `over`; never rejects.
 */
export async function stopCancelledTask(
  task: ClaimedTask,
  { active, ports }: Pick<RunContext, 'active' | 'ports'>,
  cancellation: Cancellation,
  over: AbortFlag,
): Promise<void> {
  while (await active.cancelled.taken(over)) {
    using link = linkAbort(over);
    await new Stopping(task, active, ports, cancellation, link.signal).seeThrough();
  }
}

/**
 * One cancellation of one task, until ECS confirms the stop or the cancellation is no longer
 * wanted. Never proposes Cancelled while the task may run: its process could still write states.
 */
class Stopping {
  readonly #task: ClaimedTask;
  readonly #active: RunContext['active'];
  readonly #ports: RunContext['ports'];
  readonly #cancellation: Cancellation;
  readonly #signal: AbortSignal;
  readonly #outage: Outage;
  readonly #tellDenied: (error: Error) => void;
  readonly #tellNothing: (words: string) => void;
  #isGraceOver = false;
  #failures = 0;
  #denials = 0;

  constructor(
    task: ClaimedTask,
    active: RunContext['active'],
    ports: RunContext['ports'],
    cancellation: Cancellation,
    signal: AbortSignal,
  ) {
    this.#task = task;
    this.#active = active;
    this.#ports = ports;
    this.#cancellation = cancellation;
    this.#signal = signal;
    this.#outage = new Outage(
      { what: 'Cancelling the flow run', calls: 'tries' },
      { clock: ports.clock, log: this.#log },
    );
    this.#tellDenied = tellDeniedOnce(task.taskArn, 'the cancelled flow run', this.#log);
    this.#tellNothing = tellNothingToStopOnce(this.#log);
  }

  async seeThrough(): Promise<void> {
    for (;;) {
      try {
        const waitMs = await this.#step();
        if (waitMs === undefined) return;
        await this.#ports.clock.sleep(waitMs, this.#signal);
      } catch (error) {
        if (this.#signal.aborted) return;
        const waitMs = this.#failed(toError(error), longestWaitMs);
        await this.#ports.clock.sleep(waitMs, this.#signal).catch(() => undefined);
      }
    }
  }

  /** Milliseconds until the next step; undefined: nothing is left to do here. */
  async #step(): Promise<number | undefined> {
    const { run } = this.#task;
    const look = await this.#ports.looks.untilAgreed(run.flowRun.id, this.#signal);
    if (look === undefined || !isCancellationWanted(look, run.launchId)) return undefined;
    if (isLetGo(look, actorOf(run.launchId, this.#ports))) {
      this.#active.letGo.abort(new Error('followed by another worker'));
      return undefined;
    }
    const hasRun = look.flowRun.startTime !== undefined;
    if (hasRun && !this.#isGraceOver) {
      // the run's own process watches for cancellation and gets this long to end by itself
      this.#isGraceOver = true;
      return this.#graceSeconds * 1000;
    }
    return this.#stop(look, hasRun);
  }

  async #stop(look: Look, hasRun: boolean): Promise<number | undefined> {
    const { run, ...task } = this.#task;
    const stoppable = { ...task, launchId: run.launchId, attempt: run.attempt };
    const outcome = await stopTask(
      look,
      {
        cause: 'cancelled',
        task: stoppable,
        reason: this.#reason(hasRun),
        onDenied: this.#tellDenied,
      },
      this.#ports,
      this.#signal,
    );
    switch (outcome.kind) {
      case 'stopping':
        this.#outage.succeeded();
        this.#log.info(`Stopped ECS task '${task.taskArn}' in cluster '${task.clusterArn}'`);
        this.#cancellation.message = this.#message(hasRun);
        // its process may write states until then, so Cancelled must wait
        await this.#untilStopped();
        return undefined;
      case 'denied':
        this.#denials += 1;
        return untilDeniedStopAgainMs(this.#denials);
      case 'not-found':
        this.#tellNothing(outcome.words);
        return this.#notFound(look, hasRun);
      case 'stale':
        return 0;
      case 'refused':
        return undefined;
      case 'again':
        return this.#failed(
          outcome.error ?? new Error('ECS did not confirm that the task is stopping'),
          longestWaitMs,
        );
    }
  }

  /**
   * Looks for the end of the stopping task, together with others: the next round of the sweep may
   * be a minute away.
   */
  async #untilStopped(): Promise<void> {
    const { session, clusterArn, taskArn } = this.#task;
    for (let looks = 1; ; looks += 1) {
      await this.#ports.clock.sleep(doubledMs(looks, firstLookMs, longestLookMs), this.#signal);
      const seen = await this.#ports.taskReader
        .read(session, clusterArn, taskArn)
        .catch((error: unknown) =>
          this.#log.debug('Could not look at a stopping task', { error: toError(error).message }),
        );
      if (seen !== undefined) this.#ports.follower.saw(seen);
    }
  }

  /**
   * Logs the first failure, then one line every ten minutes. Returns the milliseconds until the
   * next try.
   */
  #failed(error: Error, longestMs: number): number {
    this.#failures += 1;
    this.#outage.failed(error);
    return exponentialMs(this.#failures, firstWaitMs, longestMs, this.#ports.random);
  }

  /** "Not found" is believed only once ECS would show the task if it existed. */
  async #notFound(look: Look, hasRun: boolean): Promise<number | undefined> {
    const { run, launchedAtMs } = this.#task;
    if (this.#ports.clock.monotonicMs() - launchedAtMs < visibleAfterMs) {
      this.#failures += 1;
      return exponentialMs(this.#failures, firstWaitMs, unseenWaitMs, this.#ports.random);
    }
    const message = this.#message(hasRun);
    const answer = await proposeCancelled(
      look,
      {
        actor: actorOf(run.launchId, this.#ports),
        noTaskLives: 'not-found',
        message,
        transitionId: this.#ports.random.uuid(),
        line: run.proposals,
        log: run.log,
      },
      this.#ports,
      this.#signal,
    );
    if (answer.kind === 'done') run.log.info(message);
    return answer.kind === 'stale' ? 0 : undefined;
  }

  #reason(hasRun: boolean): string {
    if (!hasRun) return 'Stopped by Prefect worker';
    return (
      `Stopped by Prefect worker '${this.#ports.worker().name}': the flow run was cancelled ` +
      `and its task did not stop within ${this.#graceSeconds} seconds.`
    );
  }

  #message(hasRun: boolean): string {
    if (!hasRun) return cancelledWhilePending;
    return (
      'Flow run cancelled by worker: its task did not stop within ' +
      `${this.#graceSeconds} seconds.`
    );
  }

  get #graceSeconds(): number {
    return this.#ports.settings().cancelGraceSeconds;
  }

  get #log(): ClaimedTask['run']['log'] {
    return this.#task.run.log;
  }
}
