import { Concealment } from '../shared/concealment.ts';
import { toError } from '../../kernel/errors.ts';
import { stopTask, tellDeniedOnce } from '../tasks/stop-task.ts';
import { configure } from '../prepare/configure.ts';
import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import { launchAgeMs } from './adopted-run.ts';
import { findTask, whyNoTaskIsNamed } from './find-task.ts';
import type { RunPorts } from '../run-context.ts';

/** The server asks for the end of a task whose run has been Cancelling for too long. */
export interface CleanupDelivery {
  readonly flowRunId: string;
  readonly infrastructurePid: string | undefined;
}

export type CleanupAnswer =
  | { readonly kind: 'ack' }
  | { readonly kind: 'release'; readonly reason: string };

const ack: CleanupAnswer = { kind: 'ack' };
const release = (reason: string): CleanupAnswer => ({ kind: 'release', reason });

/**
 * Stops the run's task for a cleanup delivery, even if no identifier was recorded (prefect-api.md
 * 2.10). Never changes the run's state, because the server has already set it. Idempotent. Rejects
 * only with the signal's reason.
 */
export async function handleCleanupDelivery(
  request: CleanupDelivery,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<CleanupAnswer> {
  try {
    const look = await ports.looks.untilAgreed(request.flowRunId, signal);
    if (look === undefined) return ack;
    const { flowRun, claim: history } = look;
    const infrastructurePid = request.infrastructurePid ?? flowRun.infrastructurePid;
    if (history === undefined)
      return infrastructurePid === undefined ? ack : release('missing_infrastructure_handle');
    using concealment = new Concealment(ports.active.secrets);
    const whose = { flowRun, conceal: concealment.conceal };
    const configuration = await configure(whose, ports, signal).catch(() => undefined);
    if (configuration?.kind !== 'configured') return release('configuration_context_unavailable');
    const named = { ...flowRun, infrastructurePid };
    const unnamed = whyNoTaskIsNamed(named);
    if (unnamed !== undefined) ports.logFor(flowRun).warning(unnamed);
    const located = await findTask(named, history, configuration.job, ports, signal);
    if (located.kind === 'none') return ack;
    if (located.kind !== 'task') return release('infrastructure_not_available');
    if (located.observed?.desiredStatus === 'STOPPED') return ack;
    const reason = 'Stopped by Prefect worker';
    const task = { ...located, launchId: history.launchId, attempt: history.attempt };
    const now = await ports.looks.untilAgreed(request.flowRunId, signal);
    if (now === undefined) return ack;
    const log = ports.logFor(flowRun);
    const onDenied = tellDeniedOnce(task.taskArn, 'the cancelled flow run', log);
    const outcome = await stopTask(
      now,
      { cause: 'cancelled', task, reason, onDenied },
      ports,
      signal,
    );
    if (outcome.kind === 'not-found') log.warning(outcome.words);
    const isGone = outcome.kind === 'not-found' && launchAgeMs(history, ports) >= visibleAfterMs;
    const isDone = isGone || outcome.kind === 'stopping' || outcome.kind === 'refused';
    return isDone ? ack : release('infrastructure_not_available');
  } catch (error) {
    signal.throwIfAborted();
    ports.workerLog.debug('Cleanup delivery failed', {
      flowRunId: request.flowRunId,
      error: toError(error).message,
    });
    return release('handler_failed');
  }
}
