import type { StartFailure } from '../../core/diagnosis/start-failure.ts';
import { toError } from '../../kernel/errors.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import {
  askingOf,
  crashed,
  ended,
  placeOf,
  unstartedOf,
  type ClaimAtWork,
  type Step,
} from './claim-at-work.ts';
import { afterDenial } from './denied-launch.ts';
import { cancelBeforeStart } from './end-unstarted.ts';
import {
  LaunchDeniedError,
  LaunchOutcomeUnknownError,
  LaunchVoidError,
  NoCapacityError,
} from './launch.ts';
import { stands, stopOvertaken } from './overtaken.ts';
import { livingTask } from './relaunch-clearance.ts';

type LaunchStep = Extract<Step, { readonly kind: 'launch' }>;

/** A launch that returned no task, and why. */
export interface FailedLaunch {
  readonly step: LaunchStep;
  readonly run: ReportedRun;
  readonly error: Error;
  /** What was seen of the run is too old to announce a launch on the strength of it. */
  readonly isLookDue: boolean;
}

/** What follows a launch that returned no task: the next launch, the task after all, or the end. */
export async function notLaunched(at: ClaimAtWork, failed: FailedLaunch): Promise<Step> {
  const { step, run, error, isLookDue } = failed;
  if (error instanceof LaunchDeniedError) return await denied(at, step, run, error);
  if (error instanceof LaunchOutcomeUnknownError) {
    run.log.error(error.message);
    at.context.ports.takeUpAgain(run.flowRun.id);
    return ended({ kind: 'handed-over' });
  }
  if (error instanceof LaunchVoidError) return await madeVoid(at, run, error);
  if (!(error instanceof NoCapacityError)) return await crashed(at, run, error);
  at.claim.capacityTicket.refused();
  const failure: StartFailure = { kind: 'capacity', reason: error.reason, words: error.words };
  const attempt = run.attempt + 1;
  return { kind: 'await', attempt, failure, error, isDue: false, wasStopped: false, isLookDue };
}

/**
 * A denied right that every run needs crashes only the first few runs; the others wait until it is
 * granted (worker.md 8.5).
 */
async function denied(
  at: ClaimAtWork,
  step: LaunchStep,
  run: ReportedRun,
  error: LaunchDeniedError,
): Promise<Step> {
  const { context, launching } = at;
  const asking = askingOf(at, run);
  const denial = context.ports.breaker.refused(error.refusal, asking);
  if (denial === undefined || (denial.fate === 'crash' && launching.isAnswered))
    return crashed(at, run, error.told);
  context.submitted();
  const unstarted = unstartedOf(at, false);
  const after = await afterDenial(
    { run, place: placeOf(at), unstarted, asking, held: denial.held },
    context,
  );
  if (after.kind === 'alive') return { kind: 'follow', attempt: run.attempt, task: after.task };
  if (after.kind === 'ended') return after;
  await launching.reserveTurn(run.attempt, context.signals.stop);
  return { ...step, clearedAtMs: -Infinity };
}

/**
 * The run went on while RunTask was repeated. A call whose answer was lost may have started a task:
 * look for it, and stop it if the launch no longer stands.
 */
async function madeVoid(at: ClaimAtWork, run: ReportedRun, error: LaunchVoidError): Promise<Step> {
  const { ports, signals } = at.context;
  const living = at.launching.isAnswered
    ? undefined
    : await livingTask(run, placeOf(at), 1, signals.stop).catch(toError);
  signals.stop.throwIfAborted();
  if (living !== undefined && !(living instanceof Error)) {
    const { session } = at.claim.prepared.facts;
    if (!(await stands(run, ports, signals.stop)))
      return ended(await stopOvertaken(run, session, living, ports, signals.stop));
    return { kind: 'follow', attempt: run.attempt, task: living };
  }
  const { flowRun } = await ports.flowRuns.read(run.flowRun.id);
  if (flowRun?.stateType === 'CANCELLING') {
    const unstarted = unstartedOf(at, false);
    const found = await cancelBeforeStart(
      { run, place: placeOf(at), unstarted },
      ports,
      signals.stop,
    );
    return found.kind === 'alive'
      ? { kind: 'follow', attempt: run.attempt, task: found.task }
      : ended({ kind: 'cancelled' });
  }
  run.log.warning(`Not launching the flow run: ${error.message}.`);
  if (!at.launching.isAnswered) ports.takeUpAgain(run.flowRun.id);
  return ended({ kind: 'handed-over' });
}
