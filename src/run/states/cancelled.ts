import { whyNotCancelled, type Actor } from '../../core/claim/act-rows.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { Logger } from '../../kernel/logger.ts';
import { sendOver, type ActAnswer, type ActPorts, type FinalLine } from './act.ts';
import type { Look } from './look.ts';

export const cancelledWhilePending = 'Flow run cancelled by worker while pending.';

/**
 * Why no task of the claim can be alive. A run must not become Cancelled while its task may still
 * write states.
 */
export type NoTaskLives =
  /** ECS reported STOPPED for the claim's last task. */
  | 'stopped'
  /**
   * RunTask was never sent for the claim, or only refused. Only the process that made the claim
   * knows this.
   */
  | 'never-started'
  /** Five minutes after the last launch, neither ListTasks nor the family's tasks show one. */
  | 'not-found';

export interface Cancellation {
  /** Undefined: the run was never claimed. */
  readonly actor: Actor | undefined;
  readonly noTaskLives: NoTaskLives;
  readonly message: string;
  readonly transitionId: string;
  readonly line: FinalLine;
  readonly log: Logger;
}

/** Proposes Cancelled, not forced: a run that ended by itself keeps its end (worker.md A11). */
export async function proposeCancelled(
  look: Look,
  cancellation: Cancellation,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<ActAnswer> {
  const why = whyNotCancelled(look, cancellation.actor);
  if (why !== undefined) return { kind: 'refused', why };
  const { message, transitionId } = cancellation;
  const proposal = proposalOf('CANCELLED', { name: 'Cancelled', message, transitionId });
  return sendOver(look, proposal, cancellation, ports, signal);
}
