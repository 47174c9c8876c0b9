import { hiddenFinal, whyNotReclaimed } from '../../core/claim/act-rows.ts';
import { claimMessage } from '../../core/claim/claim-record.ts';
import { awaitingCapacity } from '../../core/claim/claims.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { Logger } from '../../kernel/logger.ts';
import { ownerOf } from '../ports/worker-identity.ts';
import { atOnce, sendOver, type ActAnswer, type ActPorts, type FinalLine } from './act.ts';
import type { Look } from './look.ts';
import { whyNotWrittenBack, writtenBack } from './restoring.ts';
import { scheduleAgain } from './schedule-again.ts';

/** Restores the final state that late progress hides, with its result (worker.md A3). */
export async function restoreHidden(
  look: Look,
  { line, log }: { readonly line: FinalLine; readonly log: Logger },
  ports: ActPorts,
  signal: AbortSignal,
): Promise<ActAnswer> {
  const hidden = hiddenFinal(look, ports.worker().processId);
  if (hidden === undefined) return { kind: 'refused', why: 'nothing is hidden' };
  const why = whyNotWrittenBack(hidden);
  if (why !== undefined) {
    log.error(
      `A delayed progress update replaced the run's final state ${hidden.name}, and ${why}. ` +
        'Set that state again by hand.',
    );
    return { kind: 'refused', why };
  }
  log.warning(
    `A delayed progress update replaced the run's final state ${hidden.name}; restoring it.`,
  );
  return sendOver(look, writtenBack(hidden, ports.random.uuid()), { line, log }, ports, signal);
}

/**
 * Claims a run whose SCHEDULED state late progress overwrote (worker.md A2). Such a run is PENDING,
 * so no poll offers it, and the server accepts no other state name here. If several processes claim
 * it, the first claim in the history counts, once no slower one can still arrive. A server before
 * 3.6.22 accepts no claim at all over PENDING; there the run is rescheduled. Undefined: another
 * process has the run, or there was nothing to claim.
 */
export async function reclaim(
  look: Look,
  { launchId, log }: { readonly launchId: string; readonly log: Logger },
  ports: ActPorts,
  signal: AbortSignal,
): Promise<Look | 'scheduled-again' | undefined> {
  if (whyNotReclaimed(look) !== undefined) return undefined;
  const message = claimMessage(ownerOf(ports.worker()), look.claim?.record?.place);
  const proposal = proposalOf('PENDING', {
    name: awaitingCapacity(1),
    message,
    transitionId: launchId,
  });
  const answer = await sendOver(look, proposal, { line: atOnce, log }, ports, signal);
  if (answer.kind === 'refused') return unhideScheduled(look, log, ports, signal);
  if (answer.kind !== 'done') return undefined;
  await ports.clock.sleep(ports.looks.settlingMs, signal);
  const after = await ports.looks.untilAgreed(look.flowRun.id, signal);
  return after?.claim?.launchId === launchId ? after : undefined;
}

/**
 * The server refused the claim although nothing has changed, so it accepts no claim over PENDING:
 * reschedule the run instead.
 */
async function unhideScheduled(
  before: Look,
  log: Logger,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<'scheduled-again' | undefined> {
  const look = await ports.looks.untilAgreed(before.flowRun.id, signal);
  if (look === undefined || look.present.id !== before.present.id) return undefined;
  if (whyNotReclaimed(look) !== undefined) return undefined;
  const message = `A delayed progress update (${look.present.name}) hid that the run was scheduled.`;
  const answer = await scheduleAgain(look, { message, line: atOnce, log }, ports, signal);
  return answer.kind === 'done' ? 'scheduled-again' : undefined;
}
