import type { Actor } from '../../core/claim/act-rows.ts';
import type { TaskEventDetail } from '../../core/events/task-event.ts';
import { RuntimeError } from '../../kernel/errors.ts';
import { observerLogger } from '../../run/output/final-log-lines.ts';
import type { RunPorts } from '../../run/run-context.ts';
import type { ActiveRuns } from '../../run/shared/active-runs.ts';
import type { JobReads } from '../../run/shared/cached-reads.ts';
import { atOnce } from '../../run/states/act.ts';
import { proposeCrashed } from '../../run/states/crashed.ts';
import type { Look } from '../../run/states/look.ts';
import type { UnownedTask } from './tell-waiting.ts';

export type UnownedPorts = Pick<
  RunPorts,
  | 'prefect'
  | 'aws'
  | 'settings'
  | 'clock'
  | 'random'
  | 'flowRuns'
  | 'looks'
  | 'lateChecks'
  | 'worker'
  | 'definitions'
  | 'logFor'
  | 'workerLog'
  | 'workPool'
  | 'loop'
> & {
  readonly reads: Pick<JobReads, 'flow' | 'deployment'>;
  readonly active: Pick<ActiveRuns, 'secrets'>;
  /** True: cancellation is on, and that part ends the runs that are being cancelled. */
  readonly cancels: boolean;
};

/** A stopped task, as ECS returned it. */
export interface StoppedUnowned extends Omit<UnownedTask, 'event'> {
  readonly detail: TaskEventDetail;
  /**
   * ECS no longer knows the task. Only the event explains how it ended, and Prefect decides which
   * run it belongs to.
   */
  readonly isGone: boolean;
}

/** The end of a task, with a look that allows it to be reported. */
export interface ObservedEnd extends StoppedUnowned {
  readonly look: Look;
  readonly actor: Actor;
  /**
   * All secrets that the container may have printed are known, so its output can be redacted and
   * forwarded.
   */
  readonly mayForward: boolean;
}

/**
 * Returns whether Prefect accepted the crash. Rejects when that is not known or the look has
 * expired; the message is then redelivered.
 */
export async function crash(
  { look, actor }: ObservedEnd,
  message: string,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const log = ports.logFor(look.flowRun, observerLogger);
  const transitionId = ports.random.uuid();
  const answer = await proposeCrashed(
    look,
    { actor, message, transitionId, line: atOnce, log },
    ports,
    signal,
  );
  if (answer.kind === 'stale') throw new RuntimeError('the flow run must be read again');
  if (answer.kind === 'refused')
    ports.workerLog.debug('A crash was not accepted', {
      flowRunId: look.flowRun.id,
      why: answer.why,
    });
  return answer.kind === 'done';
}
