/**
 * One claim, from RunTask to its reported end. A claim made here comes from `pipeline.ts`, an
 * adopted one that has no task from `adopt/adopt-by-launch.ts`.
 *
 * Read `launchClaim`, the loop, then `ClaimedRun.take` and the step that it names:
 * - `launch`: RunTask with the claim's token; then check that the launch still stands.
 * - `await`: no capacity, or a failed start. Announce the next launch, wait, and clear it.
 * - `follow`: record the identifier, follow the task to its end. A failed start leads to `await`.
 * - `ended`: reported, or handed over to an adopter.
 *
 * State: `ClaimedRun` has the last task, the launches made, and since when the claim waits. The
 * number of the launch travels in the step.
 */
import type { StartFailure } from '../core/diagnosis/start-failure.ts';
import { toError } from '../kernel/errors.ts';
import { awaitRelaunch } from './launch/await-relaunch.ts';
import type { ClaimedTask } from './output/claimed-task.ts';
import { endFollowed, followToEnd } from './follow/follow.ts';
import { afterDenial } from './launch/denied-launch.ts';
import {
  LaunchDeniedError,
  LaunchOutcomeUnknownError,
  NoCapacityError,
  LaunchVoidError,
} from './launch/launch.ts';
import type { Launched } from './ports/task-follower.ts';
import type { LaunchTurn } from './ports/aws.ts';
import { stopOvertaken, stands } from './launch/overtaken.ts';
import { recordIdentifier } from './launch/record-identifier.ts';
import type { Asking } from './shared/breaker.ts';
import { askingFor, launchKindFor } from './prepare/prepare.ts';
import type { PreparedRun, LaunchFacts } from './prepare/prepared-run.ts';
import { TaskLauncher } from './launch/task-launcher.ts';
import {
  refusalOf,
  relaunchAfter,
  startErrorOf,
  tellOfWait,
  waitedInVain,
} from './launch/relaunch.ts';
import { crashSubmission } from './report/report.ts';
import type { ReportedRun } from './states/reported-run.ts';
import type { RunOutcome } from './ports/run-outcome.ts';
import type { RunContext } from './run-context.ts';
import { LaunchClearance } from './launch/launch-clearance.ts';
import { livingTask, type LaunchPlace } from './launch/relaunch-clearance.ts';
import { type UnstartedClaim, cancelBeforeStart, unstartedClaim } from './launch/end-unstarted.ts';
import { MadeLaunches } from './launch/made-launches.ts';
import type { FirstLaunch, ClaimLaunch } from './launch/claim-launch.ts';
import { untilLetGoStopped } from './launch/slot-of-let-go.ts';
import { outputOfLaunched } from './launch/output-of-launched.ts';
import type { NoTaskLives } from './states/cancelled.ts';

type Step =
  | (FirstLaunch & { readonly attempt: number })
  | { readonly kind: 'follow'; readonly attempt: number; readonly task: Launched }
  | { readonly kind: 'ended'; readonly outcome: RunOutcome };

/**
 * An adopter checks its launch once more after this time: the process before it may have been about
 * to act.
 */
const adoptersSecondLookMs = 10_000;

/** Reserves a turn for the first call of RunTask. */
export function reserveFirstTurn(run: PreparedRun, signal: AbortSignal): Promise<LaunchTurn> {
  return run.ask((prepared) => prepared.session.reserveLaunch(launchKindFor(prepared), signal));
}

/**
 * Launches a claim and follows it to its report (worker.md 8.3, 9.1). Releases the definition and
 * the capacity ticket on every path.
 */
export async function launchClaim(claim: ClaimLaunch, context: RunContext): Promise<RunOutcome> {
  const { ports } = context;
  // `finally`, not `using`: compiled for Node 20, `using` costs half a kilobyte in each frame that
  // lives as long as the task.
  const launching = new TaskLauncher(claim.run, claim.prepared, ports);
  const work = new ClaimedRun({ claim, launching, context });
  try {
    let step = work.first();
    while (step.kind !== 'ended') step = await work.take(step);
    if (step.outcome.kind !== 'handed-over') return step.outcome;
  } finally {
    launching.letGo();
    claim.capacityTicket[Symbol.dispose]();
  }
  work.holdSlot();
  return { kind: 'handed-over' };
}

interface AtWork {
  readonly claim: ClaimLaunch;
  readonly launching: TaskLauncher;
  readonly context: RunContext;
}

/**
 * The steps of one claim and the state they share. Exactly one step runs at a time. When the run is
 * handed over while one of its tasks may live, `holdSlot` must follow: otherwise the worker starts
 * a task beyond its limit.
 */
class ClaimedRun {
  readonly #at: AtWork;
  /**
   * Launches made after a start that AWS failed. An adopted claim counts all launches that were
   * announced for it.
   */
  #relaunches: number;
  #waitingSinceMs: number | undefined;
  readonly #launches: MadeLaunches;
  /** The last task that RunTask returned. */
  #task: Launched | undefined;

  constructor(at: AtWork) {
    this.#at = at;
    this.#relaunches = at.claim.run.attempt - 1;
    this.#waitingSinceMs = at.claim.adopted?.waitingSinceMs;
    this.#launches = new MadeLaunches(at.context.ports.clock);
  }

  /**
   * This process no longer holds the run, but a task that it started may live. Until that task has
   * stopped, the run still counts against the limit.
   */
  holdSlot(): void {
    const { launching, claim, context } = this.#at;
    if (launching.sinceLastCallMs === Infinity || launching.isOnlyRefused) return;
    const { ports } = context;
    const letGo = { run: claim.run, place: this.#place, task: this.#task, launching };
    ports.holdSlot(claim.run.flowRun.id, (signal) => untilLetGoStopped(letGo, ports, signal));
  }

  get #facts(): LaunchFacts {
    return this.#at.claim.prepared.facts;
  }

  first(): Step {
    const { first, run } = this.#at.claim;
    return { ...first, attempt: run.attempt };
  }

  take(step: Exclude<Step, { kind: 'ended' }>): Promise<Step> {
    switch (step.kind) {
      case 'launch':
        return this.#launch(step);
      case 'await':
        return this.#await(step);
      case 'follow':
        return this.#follow(step);
    }
  }

  async #launch(step: Extract<Step, { kind: 'launch' }>): Promise<Step> {
    const { attempt, token } = step;
    const { capacityTicket, progressUpdates, cluster } = this.#at.claim;
    const { signals, ports } = this.#at.context;
    const run = this.#runAt(attempt);
    const clearance = new LaunchClearance(run, step, ports);
    let task: Launched;
    try {
      const mayCall = (signal: AbortSignal): Promise<void> => clearance.renew(signal);
      task = await this.#at.launching.launch({ token, attempt, cluster, mayCall }, signals.stop);
    } catch (error) {
      await progressUpdates;
      signals.stop.throwIfAborted();
      return this.#notLaunched(step, run, toError(error), clearance.isOld);
    }
    this.#task = task;
    capacityTicket.placed();
    this.#at.context.submitted();
    ports.breaker.succeeded(this.#asking(run).needs, 'RunTask');
    const isAdopted = this.#at.claim.adopted !== undefined;
    if ((isAdopted || clearance.isOld) && !(await stands(run, ports, signals.stop))) {
      await progressUpdates;
      return ended(await stopOvertaken(run, this.#facts.session, task, ports, signals.stop));
    }
    if (isAdopted)
      ports.lateChecks.add((late) => this.#lookAgain(run, task, late), adoptersSecondLookMs);
    return { kind: 'follow', attempt, task };
  }

  async #lookAgain(run: ReportedRun, task: Launched, signal: AbortSignal): Promise<void> {
    const { ports } = this.#at.context;
    if (!(await stands(run, ports, signal)))
      await stopOvertaken(run, this.#facts.session, task, ports, signal);
  }

  async #notLaunched(
    step: Extract<Step, { kind: 'launch' }>,
    run: ReportedRun,
    error: Error,
    isLookDue: boolean,
  ): Promise<Step> {
    if (error instanceof LaunchDeniedError) return this.#denied(step, run, error);
    if (error instanceof LaunchOutcomeUnknownError) {
      run.log.error(error.message);
      this.#at.context.ports.takeUpAgain(run.flowRun.id);
      return ended({ kind: 'handed-over' });
    }
    if (error instanceof LaunchVoidError) return this.#void(run, error);
    if (!(error instanceof NoCapacityError)) return this.#crash(run, error);
    this.#at.claim.capacityTicket.refused();
    const failure: StartFailure = { kind: 'capacity', reason: error.reason, words: error.words };
    return {
      kind: 'await',
      attempt: run.attempt + 1,
      failure,
      error,
      isDue: false,
      wasStopped: false,
      isLookDue,
    };
  }

  /**
   * A denied right that every run needs crashes only the first few runs; the others wait until it
   * is granted (worker.md 8.5).
   */
  async #denied(
    step: Extract<Step, { kind: 'launch' }>,
    run: ReportedRun,
    error: LaunchDeniedError,
  ): Promise<Step> {
    const { context, launching } = this.#at;
    const asking = this.#asking(run);
    const denial = context.ports.breaker.refused(error.refusal, asking);
    if (denial === undefined || (denial.fate === 'crash' && launching.isAnswered))
      return this.#crash(run, error.told);
    context.submitted();
    const { held } = denial;
    const denied = { run, place: this.#place, unstarted: this.#unstarted(false), asking, held };
    const after = await afterDenial(denied, context);
    if (after.kind === 'alive') return { kind: 'follow', attempt: run.attempt, task: after.task };
    if (after.kind === 'ended') return after;
    await launching.reserveTurn(run.attempt, context.signals.stop);
    return { ...step, clearedAtMs: -Infinity };
  }

  #asking(run: ReportedRun): Asking {
    const isAdopted = this.#at.claim.adopted !== undefined;
    return this.#at.claim.prepared.ask((plan) =>
      askingFor(plan, { flowRun: run.flowRun, log: run.log, isAdopted }),
    );
  }

  /**
   * The run went on while RunTask was repeated. A call whose answer was lost may have started a
   * task: look for it, and stop it if the launch no longer stands.
   */
  async #void(run: ReportedRun, error: LaunchVoidError): Promise<Step> {
    const { ports, signals } = this.#at.context;
    const living = this.#at.launching.isAnswered
      ? undefined
      : await livingTask(run, this.#place, 1, signals.stop).catch(toError);
    signals.stop.throwIfAborted();
    if (living !== undefined && !(living instanceof Error)) {
      if (!(await stands(run, ports, signals.stop)))
        return ended(await stopOvertaken(run, this.#facts.session, living, ports, signals.stop));
      return { kind: 'follow', attempt: run.attempt, task: living };
    }
    const { flowRun } = await ports.flowRuns.read(run.flowRun.id);
    if (flowRun?.stateType === 'CANCELLING') {
      const unstarted = this.#unstarted(false);
      const found = await cancelBeforeStart(
        { run, place: this.#place, unstarted },
        ports,
        signals.stop,
      );
      return found.kind === 'alive'
        ? { kind: 'follow', attempt: run.attempt, task: found.task }
        : ended(cancelledHere);
    }
    run.log.warning(`Not launching the flow run: ${error.message}.`);
    if (!this.#at.launching.isAnswered) ports.takeUpAgain(run.flowRun.id);
    return ended({ kind: 'handed-over' });
  }

  async #await(step: Extract<Step, { kind: 'await' }>): Promise<Step> {
    const { attempt, failure, error, isDue, isLookDue } = step;
    const { capacityTicket, progressUpdates, lease } = this.#at.claim;
    await progressUpdates;
    const run = this.#runAt(attempt);
    const nowMs = this.#at.context.ports.clock.monotonicMs();
    this.#waitingSinceMs ??= nowMs;
    this.#relaunches += failure.kind === 'transient' ? 1 : 0;
    const timeoutMs = this.#at.context.ports.settings().capacityTimeoutSeconds * 1000;
    const hasDeadline = failure.kind === 'capacity' && !isDue;
    const deadlineMs = hasDeadline ? this.#waitingSinceMs + timeoutMs : Infinity;
    if (!isDue) tellOfWait(run, failure, deadlineMs - nowMs);
    const found = await awaitRelaunch(
      {
        run,
        ...failure,
        place: this.#place,
        capacityTicket,
        isElsewhere: !this.#at.launching.rungOf(attempt).isLast,
        isDue,
        isLookDue,
        leaseLost: lease?.lost,
        deadlineMs,
        unstarted: this.#unstarted(step.wasStopped),
        lookFrom: () => this.#launches.lookFrom(attempt),
        reserveTurn: (signal) => this.#at.launching.reserveTurn(attempt, signal),
      },
      this.#at.context,
    );
    switch (found.kind) {
      case 'go':
        this.#launches.made(found.attempt);
        return { ...found, kind: 'launch' };
      case 'alive':
        capacityTicket.placed(); // it is placed, so it must not hold up the queue
        // a cancellation heard during the wait is now its follower's to handle
        this.#at.context.active.cancelled.raise();
        return { kind: 'follow', attempt, task: found.task };
      case 'ended':
        if (found.outcome.kind !== 'handed-over')
          await this.#at.launching.cleanUp(this.#at.context.signals.stop);
        return found;
      case 'denied':
        run.log.error(`Cannot relaunch the flow run: ${found.error.message}`);
        return this.#crash(run, refusalOf(error));
      case 'too-late': {
        const seconds = (this.#at.context.ports.clock.monotonicMs() - this.#waitingSinceMs) / 1000;
        return this.#crash(run, waitedInVain(error, { reason: failure.reason, seconds }));
      }
    }
  }

  async #follow({ attempt, task }: Extract<Step, { kind: 'follow' }>): Promise<Step> {
    const { progressUpdates, cluster } = this.#at.claim;
    const run = this.#runAt(attempt);
    const { ports } = this.#at.context;
    const identifier = { task, cluster: cluster ?? this.#facts.jobCluster };
    await Promise.all([
      progressUpdates,
      recordIdentifier(run, identifier, ports, this.#at.context.signals.stop),
    ]);
    const followed = this.#followed(run, task);
    const outcome = await followToEnd(followed, this.#at.context);
    if (outcome.kind !== 'to-relaunch') return ended(outcome);
    const { failure } = outcome;
    if (failure.kind === 'capacity') this.#at.claim.capacityTicket.refused();
    if (!this.#at.launching.canBeRepeated)
      return ended(await endFollowed(followed, outcome.end, this.#at.context));
    const error = startErrorOf(outcome.end);
    return {
      kind: 'await',
      attempt: attempt + 1,
      failure,
      error,
      isDue: false,
      wasStopped: true,
      isLookDue: true,
    };
  }

  get #place(): LaunchPlace {
    const { session, cluster } = this.#facts;
    return { session, cluster: this.#at.claim.cluster ?? cluster };
  }

  #unstarted(wasStopped: boolean): UnstartedClaim {
    const { launching, claim, context } = this.#at;
    return unstartedClaim(
      { launching, ...claim, session: this.#facts.session, wasStopped },
      context.ports,
    );
  }

  #followed(run: ReportedRun, task: Launched): ClaimedTask {
    const { session, containerName, startTimeoutSeconds, pollIntervalSeconds } = this.#facts;
    return {
      run,
      taskArn: task.taskArn,
      clusterArn: task.clusterArn,
      session,
      containerName,
      output: outputOfLaunched(this.#facts, task, this.#at.context.ports),
      onRunning: () => this.#at.claim.prepared.forgetPlan(),
      launchedAtMs: this.#at.context.ports.clock.monotonicMs(),
      startTimeoutSeconds,
      pollIntervalSeconds,
      workerName: this.#at.context.ports.worker().name,
      relaunchAfter: (end) =>
        relaunchAfter(end, containerName, this.#relaunches, this.#at.context.ports.settings()),
      cleanUp: (_end, signal) => this.#at.launching.cleanUp(signal),
    };
  }

  #runAt(attempt: number): ReportedRun {
    return { ...this.#at.claim.run, attempt };
  }

  /**
   * Why no task of the claim can be alive; undefined: one may be. An adopter never knows: it did
   * not see the answers to its predecessor's calls.
   */
  get #whyNoTaskLives(): NoTaskLives | undefined {
    const { launching, claim } = this.#at;
    if (claim.adopted !== undefined || !launching.isAnswered) return undefined;
    return launching.isOnlyRefused ? 'never-started' : 'stopped';
  }

  async #crash(run: ReportedRun, error: Error): Promise<Step> {
    const { ports, signals } = this.#at.context;
    await this.#at.launching.cleanUp(this.#at.context.signals.stop);
    return ended(await crashSubmission(run, error, ports, signals.stop, this.#whyNoTaskLives));
  }
}

const cancelledHere: RunOutcome = { kind: 'cancelled' };

const ended = (outcome: RunOutcome): Step => ({ kind: 'ended', outcome });
