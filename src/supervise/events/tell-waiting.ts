import type { LaunchMark } from '../../core/claim/launch-mark.ts';
import type { TaskEvent } from '../../core/events/task-event-message.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { RunPorts } from '../../run/run-context.ts';
import { claimSpokenFor } from './claim-spoken-for.ts';

/**
 * A task that this process has not in hand, another worker's or nobody's, as its event tells it.
 */
export interface UnownedTask {
  readonly event: TaskEvent;
  readonly task: EcsTask;
  readonly flowRunId: string;
  /** Undefined: not launched by a worker of ours. */
  readonly mark: LaunchMark | undefined;
}

/** Clocks of two servers agree better than this, once each is read by its own `Date`. */
const toleranceMs = 60_000;

/**
 * Proposes that the run's task waits for a machine. It is only progress: a failure is ignored, and
 * without a fresh look nothing is proposed, since it could overwrite a final state (worker.md 10.6,
 * F1).
 */
export async function tellWaiting(
  { event, task, flowRunId, mark }: UnownedTask,
  ports: Pick<RunPorts, 'prefect' | 'looks' | 'random' | 'workerLog'>,
  signal: AbortSignal,
): Promise<void> {
  const look = await ports.looks.untilAgreed(flowRunId, signal);
  if (look === undefined || look.present.type !== 'PENDING') return;
  const claim = claimSpokenFor(task, mark, look);
  if (claim === undefined || claim.since.some(({ type }) => type !== 'PENDING')) return;
  const occurredMs = event.occurred === undefined ? Infinity : Date.parse(event.occurred);
  // it has moved on since
  if (Date.parse(look.present.timestamp ?? '') > occurredMs + toleranceMs) return;
  const proposal = proposalOf('PENDING', {
    name: 'InfrastructurePending',
    message: `ECS task is ${task.lastStatus.toLowerCase()}.`,
    transitionId: ports.random.uuid(),
  });
  const answer = await ports.prefect.proposeState(flowRunId, proposal, signal, { retry: false });
  ports.workerLog.debug('Reported that a task is waiting', { flowRunId, answer: answer.kind });
}
