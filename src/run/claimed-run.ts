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
import { toError } from '../kernel/errors.ts';
import { endFollowed, followToEnd } from './follow/follow.ts';
import { awaitRelaunch } from './launch/await-relaunch.ts';
import {
  askingOf,
  crashed,
  ended,
  placeOf,
  unstartedOf,
  type ClaimAtWork,
  type Step,
} from './launch/claim-at-work.ts';
import type { ClaimLaunch } from './launch/claim-launch.ts';
import { LaunchClearance } from './launch/launch-clearance.ts';
import { MadeLaunches } from './launch/made-launches.ts';
import { notLaunched } from './launch/not-launched.ts';
import { outputOfLaunched } from './launch/output-of-launched.ts';
import { stopOvertaken, stands } from './launch/overtaken.ts';
import { recordIdentifier } from './launch/record-identifier.ts';
import {
  refusalOf,
  relaunchAfter,
  startErrorOf,
  tellOfWait,
  waitedInVain,
} from './launch/relaunch.ts';
import { untilLetGoStopped } from './launch/slot-of-let-go.ts';
import { TaskLauncher } from './launch/task-launcher.ts';
import type { ClaimedTask } from './output/claimed-task.ts';
import type { LaunchTurn } from './ports/aws.ts';
import type { RunOutcome } from './ports/run-outcome.ts';
import type { Launched } from './ports/task-follower.ts';
import { launchKindFor } from './prepare/prepare.ts';
import type { PreparedRun, LaunchFacts } from './prepare/prepared-run.ts';
import type { RunContext } from './run-context.ts';
import type { ReportedRun } from './states/reported-run.ts';

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

/**
 * The steps of one claim and the state they share. Exactly one step runs at a time. When the run is
 * handed over while one of its tasks may live, `holdSlot` must follow: otherwise the worker starts
 * a task beyond its limit.
 */
class ClaimedRun {
  readonly #at: ClaimAtWork;
  /**
   * Launches made after a start that AWS failed. An adopted claim counts all launches that were
   * announced for it.
   */
  #relaunches: number;
  #waitingSinceMs: number | undefined;
  readonly #launches: MadeLaunches;
  /** The last task that RunTask returned. */
  #task: Launched | undefined;

  constructor(at: ClaimAtWork) {
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
    const letGo = { run: claim.run, place: placeOf(this.#at), task: this.#task, launching };
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
      const isLookDue = clearance.isOld;
      return notLaunched(this.#at, { step, run, error: toError(error), isLookDue });
    }
    this.#task = task;
    capacityTicket.placed();
    this.#at.context.submitted();
    ports.breaker.succeeded(askingOf(this.#at, run).needs, 'RunTask');
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
        place: placeOf(this.#at),
        capacityTicket,
        isElsewhere: !this.#at.launching.rungOf(attempt).isLast,
        isDue,
        isLookDue,
        leaseLost: lease?.lost,
        deadlineMs,
        unstarted: unstartedOf(this.#at, step.wasStopped),
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
        return crashed(this.#at, run, refusalOf(error));
      case 'too-late': {
        const seconds = (this.#at.context.ports.clock.monotonicMs() - this.#waitingSinceMs) / 1000;
        return crashed(this.#at, run, waitedInVain(error, { reason: failure.reason, seconds }));
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
}
