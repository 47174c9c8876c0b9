import { crashMessageForExitCode } from '../../core/diagnosis/exit-code.ts';
import { latestClaim, meaningOfEnd } from '../../core/claim/claims.ts';
import { verdictFor } from '../../core/task/verdict.ts';
import type { StateProposal } from '../../core/prefect/proposal.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import { explainEnd, type EndedTask } from './explain.ts';
import { proposalOf } from '../states/proposals.ts';
import type { RunPorts } from '../run-context.ts';
import type { StopSignals } from '../ports/stop-signals.ts';
import type { TaskEnd } from '../ports/task-follower.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';

export type ReportPorts = Pick<RunPorts, 'prefect' | 'clock' | 'random' | 'flowRuns' | 'workerLog'>;

/** How long a container that exited 0 may leave its run Pending or Running (ecs-worker.md 0.3). */
const zombieGraceMs = 60_000;

/** Judges a task's end and tells Prefect what it must know: the message that Prefect users know, then why, and what to do. */
export async function report(
  run: ReportedRun,
  ended: EndedTask,
  ports: ReportPorts,
  signals: StopSignals,
): Promise<RunOutcome> {
  const { end, containerName } = ended;
  const story = explainEnd(ended);
  switch (end.kind) {
    case 'start-timed-out': {
      const words = `Timed out after ${end.elapsedSeconds}s while watching task for status RUNNING.`;
      return crashSubmission(run, { name: 'RuntimeError', message: words }, ports, signals.stop, story);
    }
    case 'vanished':
      run.log.error(`Task exited without reporting an exit status for container '${containerName}'.`);
      return crash(run, exitMessage(undefined), story, ports, signals.stop);
    case 'stopped':
      return judgeStopped(run, { end, containerName, story }, ports, signals);
  }
}

async function judgeStopped(
  run: ReportedRun,
  {
    end,
    containerName,
    story,
  }: {
    readonly end: Extract<TaskEnd, { kind: 'stopped' }>;
    readonly containerName: string;
    readonly story: string;
  },
  ports: ReportPorts,
  signals: StopSignals,
): Promise<RunOutcome> {
  const verdict = verdictFor(end.task, containerName, end.wasRunning);
  switch (verdict.kind) {
    case 'never-started':
      return crashSubmission(
        run,
        { name: verdict.errorName, message: verdict.reason },
        ports,
        signals.stop,
        story,
      );
    case 'no-exit-code':
      run.log.error(`Task exited without reporting an exit status for container '${containerName}'.`);
      return crash(run, exitMessage(undefined), story, ports, signals.stop);
    case 'exited':
      if (verdict.exitCode === 0) {
        run.log.info(`Container '${containerName}' exited successfully.`);
        return crashIfZombie(run, containerName, story, ports, signals);
      }
      run.log.warning(`Container '${containerName}' exited with non-zero exit code ${verdict.exitCode}.`);
      return crash(run, exitMessage(verdict.exitCode), story, ports, signals.stop);
  }
}

/** A submission that failed, in the words of ecs-worker.md 0.1 step 5. */
export async function crashSubmission(
  run: ReportedRun,
  error: Pick<Error, 'name' | 'message'>,
  ports: ReportPorts,
  signal: AbortSignal,
  story?: string,
): Promise<RunOutcome> {
  const reason = `${error.name}: ${error.message}`;
  run.log.error(`Failed to submit flow run '${run.flowRun.name}' to infrastructure. ${reason}`);
  return crash(run, `Failed to submit flow run to infrastructure: ${reason}`, story, ports, signal);
}

function exitMessage(exitCode: number | undefined): string {
  return crashMessageForExitCode(exitCode ?? -1);
}

/** A run that was being cancelled when its task ended is cancelled: 143 is what its own SIGTERM gives. */
const cancelledWithItsTask = 'Flow run cancelled: its task has stopped.';
const runsAgain = 'The task of its earlier run has stopped, and it is to run again.';

/** What a task's end makes of its run; `message`: of a crash. */
export function endProposal(
  meaning: ReturnType<typeof meaningOfEnd>,
  message: string,
  transitionId: string,
): StateProposal {
  switch (meaning) {
    case 'crashed':
      return proposalOf('CRASHED', { name: 'Crashed', message, transitionId });
    case 'cancelled':
      return proposalOf('CANCELLED', { name: 'Cancelled', message: cancelledWithItsTask, transitionId });
    case 'to-run-again':
      return proposalOf('SCHEDULED', { name: 'Scheduled', message: runsAgain, transitionId, force: true });
  }
}

async function crashIfZombie(
  run: ReportedRun,
  containerName: string,
  story: string,
  ports: ReportPorts,
  signals: StopSignals,
): Promise<RunOutcome> {
  const told = await whatMayBeTold(run, ports, signals.stop);
  if (told.kind === 'nothing') return { kind: 'finished', exitCode: 0, saidCrashed: told.saidCrashed };
  await ports.clock.sleep(zombieGraceMs, signals.drain);
  const message =
    `Container '${containerName}' exited successfully ${zombieGraceMs / 1000} seconds ago, ` +
    'but the flow run never reached a final state.';
  const outcome = await crash(run, message, story, ports, signals.stop);
  return outcome.kind === 'crashed' || outcome.kind === 'cancelled'
    ? outcome
    : { kind: 'finished', exitCode: 0, saidCrashed: false };
}

/**
 * Proposes Crashed, over PENDING or RUNNING only and only for the run's latest claim, both read just before: the server
 * itself would let the late end of an old task crash the retry that already runs. A run that is being cancelled becomes
 * Cancelled instead.
 */
async function crash(
  run: ReportedRun,
  message: string,
  story: string | undefined,
  ports: ReportPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const told = await whatMayBeTold(run, ports, signal);
      if (told.kind === 'nothing')
        return { kind: 'finished', exitCode: undefined, saidCrashed: told.saidCrashed };
      const proposal = endProposal(told.kind, toldOf(message, story), ports.random.uuid());
      const answer = await run.proposals.final(proposal, signal);
      if (answer.kind !== 'accepted') return { kind: 'finished', exitCode: undefined, saidCrashed: false };
      if (told.kind === 'cancelled') return { kind: 'cancelled' };
      if (told.kind === 'to-run-again') return { kind: 'skipped', reason: runsAgain };
      run.log.info(`Reported flow run '${run.flowRun.id}' as crashed: ${message}`);
      return { kind: 'crashed', message, hadConnected: told.hadConnected };
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = exponentialMs(attempt, 5_000, 60_000, ports.random);
      ports.workerLog.warning(
        `Could not report flow run '${run.flowRun.id}' as crashed; it is tried again in ${Math.round(waitMs / 1000)}s.`,
        { error: toError(error).message },
      );
      await ports.clock.sleep(waitMs, signal);
    }
  }
}

/** The message that Prefect users know, then why, and what to do. */
function toldOf(message: string, story: string | undefined): string {
  return story === undefined ? message : `${message} ${story}`;
}

type Tellable =
  | { readonly kind: ReturnType<typeof meaningOfEnd>; readonly hadConnected: boolean }
  | { readonly kind: 'nothing'; readonly saidCrashed: boolean };

/** What this claim may still say of its run, by the run's state and history of just now. */
async function whatMayBeTold(run: ReportedRun, ports: ReportPorts, signal: AbortSignal): Promise<Tellable> {
  const { flowRun } = await ports.flowRuns.read(run.flowRun.id);
  const type = flowRun?.stateType;
  const saidCrashed = type === 'CRASHED';
  if (type !== 'PENDING' && type !== 'RUNNING' && type !== 'CANCELLING' && !saidCrashed)
    return { kind: 'nothing', saidCrashed };
  const history = await ports.prefect.readStateHistory(run.flowRun.id, signal);
  const latest = latestClaim(history, flowRun?.labels);
  const isOlder = latest?.launchId !== run.launchId || latest.attempt > run.attempt;
  if (isOlder || saidCrashed) return { kind: 'nothing', saidCrashed: saidCrashed && !isOlder };
  const meaning = type === 'CANCELLING' ? 'cancelled' : meaningOfEnd(latest);
  return { kind: meaning, hadConnected: type === 'RUNNING' };
}
