import { whyNotCrashed, type Actor } from '../../core/claim/act-rows.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { Logger } from '../../kernel/logger.ts';
import { sendOver, type ActAnswer, type ActPorts, type FinalLine } from './act.ts';
import type { Look } from './look.ts';

/** One crash; all tries share it. */
export interface Crash {
  readonly actor: Actor;
  readonly message: string;
  readonly transitionId: string;
  readonly line: FinalLine;
  readonly log: Logger;
}

/**
 * Proposes Crashed, not forced, and only if the look allows it: the server itself would accept an
 * old task's late exit as the crash of a retry that already runs (worker.md A10).
 */
export async function proposeCrashed(
  look: Look,
  crash: Crash,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<ActAnswer> {
  const why = whyNotCrashed(look, crash.actor);
  if (why !== undefined) return { kind: 'refused', why };
  const { message, transitionId } = crash;
  const proposal = proposalOf('CRASHED', { name: 'Crashed', message, transitionId });
  return sendOver(look, proposal, crash, ports, signal);
}
