import { callStory } from '../../core/diagnosis/call-diagnosis.ts';
import { crashMessageForExitCode } from '../../core/diagnosis/exit-code.ts';
import { verdictFor } from '../../core/task/verdict.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { StopSignals } from '../ports/stop-signals.ts';
import type { TaskEnd } from '../ports/task-follower.ts';
import { awaitsOwnRetry } from '../../core/claim/act-rows.ts';
import { isFinal } from '../../core/prefect/state.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { explainEnd, type EndedTask } from './explain.ts';
import { tellEnd, type EndWords, type ReportPorts } from './tell-end.ts';
import type { NoTaskLives } from '../states/cancelled.ts';

/** How long a run may stay Pending or Running after its container exited with 0 (worker.md 0.3). */
const zombieGraceMs = 60_000;

/**
 * Judges a task's end and reports it to Prefect: first the message that Prefect users know, then
 * why, and what to do.
 */
export async function report(
  run: ReportedRun,
  ended: EndedTask,
  ports: ReportPorts,
  signals: StopSignals,
): Promise<RunOutcome> {
  const { end, containerName } = ended;
  const words = wordsFor(run, ended);
  if (!isExitOf0(end, containerName)) return tellEnd(run, words, ports, signals.stop);
  run.log.info(`Container '${containerName}' exited successfully.`);
  return crashIfZombie(run, words, ports, signals);
}

function isExitOf0(end: TaskEnd, containerName: string): boolean {
  if (end.kind !== 'stopped') return false;
  const verdict = verdictFor(end.task, containerName, end.wasRunning);
  return verdict.kind === 'exited' && verdict.exitCode === 0;
}

function wordsFor(run: ReportedRun, ended: EndedTask): EndWords {
  const { end, containerName, tasks, cancelled } = ended;
  const story = explainEnd(ended);
  const noTaskLives = end.kind === 'vanished' ? 'not-found' : 'stopped';
  const words = { story, noTaskLives, cancelled, tasks, hasFailed: true } as const;
  switch (end.kind) {
    case 'start-timed-out': {
      const message = `Timed out after ${end.elapsedSeconds}s while watching task for status RUNNING.`;
      return { ...words, message: submissionFailed(run, { name: 'RuntimeError', message }) };
    }
    case 'vanished':
      run.log.error(
        `Task exited without reporting an exit status for container '${containerName}'.`,
      );
      return { ...words, message: crashMessageForExitCode(-1) };
    case 'stopped':
      return { ...words, ...wordsForStopped(run, end, containerName) };
  }
}

function wordsForStopped(
  run: ReportedRun,
  end: Extract<TaskEnd, { kind: 'stopped' }>,
  containerName: string,
): Pick<EndWords, 'message' | 'hasFailed'> {
  const verdict = verdictFor(end.task, containerName, end.wasRunning);
  switch (verdict.kind) {
    case 'never-started': {
      const error = { name: verdict.errorName, message: verdict.reason };
      return { message: submissionFailed(run, error), hasFailed: true };
    }
    case 'no-exit-code':
      run.log.error(
        `Task exited without reporting an exit status for container '${containerName}'.`,
      );
      return { message: crashMessageForExitCode(-1), hasFailed: true };
    case 'exited':
      if (verdict.exitCode === 0)
        return { message: zombieMessage(containerName), hasFailed: false };
      run.log.warning(
        `Container '${containerName}' exited with non-zero exit code ${verdict.exitCode}.`,
      );
      return { message: crashMessageForExitCode(verdict.exitCode), hasFailed: true };
  }
}

function zombieMessage(containerName: string): string {
  return (
    `Container '${containerName}' exited successfully ${zombieGraceMs / 1000} seconds ago, ` +
    'but the flow run never reached a final state.'
  );
}

/**
 * Reports a failed submission with the message of worker.md 0.1 step 5. Its launcher knows that
 * RunTask was never accepted; an adopter does not (`noTaskLives` undefined).
 */
export async function crashSubmission(
  run: ReportedRun,
  error: Pick<Error, 'name' | 'message'>,
  ports: ReportPorts,
  signal: AbortSignal,
  noTaskLives: NoTaskLives | undefined,
): Promise<RunOutcome> {
  const story = callStory(error);
  return tellEnd(
    run,
    {
      message: submissionFailed(run, error, story),
      story,
      hasFailed: true,
      noTaskLives,
      cancelled: undefined,
      tasks: undefined,
    },
    ports,
    signal,
  );
}

function submissionFailed(
  { log, flowRun }: ReportedRun,
  error: Pick<Error, 'name' | 'message'>,
  story?: string,
): string {
  const reason = `${error.name}: ${error.message}`;
  const why = story === undefined ? '' : ` ${story}`;
  log.error(`Failed to submit flow run '${flowRun.name}' to infrastructure. ${reason}${why}`);
  return `Failed to submit flow run to infrastructure: ${reason}`;
}

/** A container that exited with 0 has reported its run's end, or is about to. */
async function crashIfZombie(
  run: ReportedRun,
  words: EndWords,
  ports: ReportPorts,
  signals: StopSignals,
): Promise<RunOutcome> {
  const nothing = { kind: 'finished', exitCode: 0, saidCrashed: false } as const;
  const ended = await howItEnded(run, ports);
  if (ended !== undefined) return { ...nothing, saidCrashed: ended === 'CRASHED' };
  await ports.clock.sleep(zombieGraceMs, signals.drain);
  const outcome = await tellEnd(run, words, ports, signals.stop);
  return outcome.kind === 'finished' ? nothing : outcome;
}

/**
 * The run's state, if nothing is left to report; undefined: something may be. Reads many runs in
 * one call.
 */
async function howItEnded(run: ReportedRun, ports: ReportPorts): Promise<string | undefined> {
  const answer = await ports.flowRuns.read(run.flowRun.id).catch(() => undefined);
  // Prefect is ill: `tellEnd` retries until it answers
  if (answer === undefined) return undefined;
  const { flowRun } = answer;
  const type = flowRun?.stateType;
  if (type === undefined || isFinal(type)) return type ?? 'gone';
  const present = flowRun?.state;
  if (type !== 'SCHEDULED') return undefined;
  return flowRun !== undefined && present !== undefined && awaitsOwnRetry({ flowRun, present })
    ? undefined
    : type;
}
