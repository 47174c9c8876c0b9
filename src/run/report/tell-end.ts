import { meaningOfEnd, type MeaningOfEnd } from '../../core/claim/meaning-of-end.ts';
import { isFinal } from '../../core/prefect/state.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { RunPorts } from '../run-context.ts';
import { actorOf, type ActAnswer, type ActPorts } from '../states/act.ts';
import { proposeCancelled, type NoTaskLives } from '../states/cancelled.ts';
import { proposeCrashed } from '../states/crashed.ts';
import type { Look } from '../states/look.ts';
import { restoreHidden } from '../states/overwritten-state.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { scheduleAgain } from '../states/schedule-again.ts';
import type { ClaimsTasks } from '../states/void-claims.ts';

export type ReportPorts = ActPorts &
  Pick<RunPorts, 'flowRuns' | 'looks' | 'voidClaims' | 'unreported' | 'takeUpAgain'>;

/** What to report of a run whose claim has ended. */
export interface EndWords {
  /** The message of a crash, as Prefect users know it. Reason and advice follow in `story`. */
  readonly message: string;
  readonly story: string | undefined;
  /** Whether the process failed, rather than exited with 0. */
  readonly hasFailed: boolean;
  /**
   * Undefined: an unknown task may live. The run must not become Cancelled until that is decided.
   */
  readonly noTaskLives: NoTaskLives | undefined;
  readonly cancelled: string | undefined;
  /** Where to look for the tasks of another claim; undefined: this claim never started one. */
  readonly tasks: ClaimsTasks | undefined;
}

/**
 * A run that was being cancelled when its task ended is Cancelled, not Crashed: its own SIGTERM
 * causes exit code 143.
 */
export const cancelledWithItsTask = 'Flow run cancelled: its task has stopped.';
export const runsAgain = "The previous attempt's task has stopped.";
const diedWaiting = 'Its process ended while waiting for its next retry.';

const undecidedAgainMs = 60_000;
/** Looks without a decision before an error is logged. */
const undecidedLooks = 10;
const undecidedForLong =
  'Another claim of this flow run may have launched a task, and ECS has not confirmed either ' +
  'way. ' +
  "The end of this claim's task is reported once that is known.";

const nothingTold: Extract<RunOutcome, { kind: 'finished' }> = {
  kind: 'finished',
  exitCode: undefined,
  saidCrashed: false,
};

/**
 * Reports to Prefect what a claim's end means for its run, and retries until Prefect accepts it.
 * Each try decides by a fresh look: the server itself would accept an old task's late end as the
 * crash of a retry that already runs, or of a Completed that late progress hides.
 */
export async function tellEnd(
  run: ReportedRun,
  words: EndWords,
  ports: ReportPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  try {
    return await untilTold(run, words, ports, signal);
  } finally {
    ports.unreported.over(run.flowRun.id);
  }
}

async function untilTold(
  run: ReportedRun,
  words: EndWords,
  ports: ReportPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  // one for all tries, so that a late arrival can be recognised
  const transitionId = ports.random.uuid();
  let undecided = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { flowRun } = await ports.flowRuns.read(run.flowRun.id);
      const type = flowRun?.stateType;
      // saves reading the history
      if (type === undefined || (isFinal(type) && type !== 'CRASHED')) return nothingTold;
      const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
      if (look === undefined) return nothingTold;
      const meaning = meaningOfEnd(look, actorOf(run.launchId, ports), run.attempt);
      if (meaning.kind === 'undecided') {
        undecided += 1;
        if (undecided === undecidedLooks) run.log.error(undecidedForLong);
        await waitForDecision(look, words.tasks, ports, signal);
        continue;
      }
      const outcome = await tell(look, meaning, { run, words, transitionId }, ports, signal);
      if (outcome !== undefined) return outcome;
    } catch (error) {
      signal.throwIfAborted();
      ports.unreported.failed(run.flowRun.id, toError(error));
      await ports.clock.sleep(exponentialMs(attempt, 5_000, 60_000, ports.random), signal);
    }
  }
}

interface Telling {
  readonly run: ReportedRun;
  readonly words: EndWords;
  readonly transitionId: string;
}

/** Undefined: the look has become too old. */
async function tell(
  look: Look,
  meaning: Exclude<MeaningOfEnd, { kind: 'undecided' }>,
  { run, words, transitionId }: Telling,
  ports: ReportPorts,
  signal: AbortSignal,
): Promise<RunOutcome | undefined> {
  const { log } = run;
  const act = { actor: actorOf(run.launchId, ports), transitionId, line: run.proposals, log };
  switch (meaning.kind) {
    case 'nothing':
      return { ...nothingTold, saidCrashed: meaning.saidCrashed };
    case 'hidden':
      return outcomeOf(await restoreHidden(look, act, ports, signal), nothingTold);
    case 'cancelled': {
      const { noTaskLives, cancelled: message = cancelledWithItsTask } = words;
      if (noTaskLives === undefined) {
        ports.takeUpAgain(run.flowRun.id);
        return nothingTold;
      }
      const answer = await proposeCancelled(look, { ...act, noTaskLives, message }, ports, signal);
      if (answer.kind === 'done') log.info(message);
      return outcomeOf(answer, { kind: 'cancelled' });
    }
    case 'to-run-again': {
      const answer = await scheduleAgain(look, { ...act, message: runsAgain }, ports, signal);
      return outcomeOf(answer, { kind: 'skipped', reason: runsAgain });
    }
    case 'paused':
      if (!words.hasFailed) {
        log.warning(
          'The process of this paused flow run has ended. ' +
            'Resuming the run will not restart it; retry it instead.',
        );
        return nothingTold;
      }
      return crash(look, words.message, true);
    case 'crashed': {
      const message = meaning.awaitedRetry ? `${words.message} ${diedWaiting}` : words.message;
      return crash(look, message, meaning.hadConnected);
    }
  }

  async function crash(
    over: Look,
    message: string,
    hadConnected: boolean,
  ): Promise<RunOutcome | undefined> {
    const told = words.story === undefined ? message : `${message} ${words.story}`;
    const answer = await proposeCrashed(over, { ...act, message: told }, ports, signal);
    if (answer.kind === 'done')
      log.info(`Reported flow run '${run.flowRun.id}' as crashed: ${message}`);
    return outcomeOf(answer, { kind: 'crashed', message, hadConnected });
  }
}

function outcomeOf(answer: ActAnswer, done: RunOutcome): RunOutcome | undefined {
  if (answer.kind === 'stale') return undefined;
  return answer.kind === 'done' ? done : nothingTold;
}

/**
 * Another claim of the run may be void. Until that is decided, the end cannot be attributed to a
 * claim.
 */
async function waitForDecision(
  look: Look,
  tasks: ClaimsTasks | undefined,
  ports: ReportPorts,
  signal: AbortSignal,
): Promise<void> {
  if (tasks !== undefined) {
    const cluster = look.claim?.record?.place?.cluster ?? tasks.cluster;
    if (await ports.voidClaims.decide(look, { session: tasks.session, cluster }, signal)) return;
  }
  await ports.clock.sleep(undecidedAgainMs, signal);
}
