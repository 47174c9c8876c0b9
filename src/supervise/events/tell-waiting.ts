import type { LaunchMark } from '../../core/claim/launch-mark.ts';
import type { TaskEvent } from '../../core/events/task-event-message.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { RunPorts } from '../../run/run-context.ts';
import { claimSpokenFor } from './claim-spoken-for.ts';

/** A task that this worker does not follow, as its event describes it. */
export interface UnownedTask {
  readonly event: TaskEvent;
  readonly task: EcsTask;
  readonly flowRunId: string;
  /** Undefined: not launched by a worker of this product. */
  readonly mark: LaunchMark | undefined;
}

/** Two servers' clocks, each read from its own `Date` header, differ by less than this. */
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
  // The run has changed since the event, which is now out of date.
  if (Date.parse(look.present.timestamp ?? '') > occurredMs + toleranceMs) return;
  const proposal = proposalOf('PENDING', {
    name: 'InfrastructurePending',
    message: `ECS task is ${task.lastStatus.toLowerCase()}.`,
    transitionId: ports.random.uuid(),
  });
  const answer = await ports.prefect.proposeState(flowRunId, proposal, signal, { retry: false });
  ports.workerLog.debug('Reported that a task is waiting', { flowRunId, answer: answer.kind });
}
