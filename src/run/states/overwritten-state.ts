import { claimMessage } from '../../core/claim/claim-record.ts';
import { awaitingCapacity, latestClaim, type ClaimHistory } from '../../core/claim/claims.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { isFinal, type State } from '../../core/prefect/state.ts';
import { proposalOf } from './proposals.ts';
import type { RunPorts } from '../run-context.ts';
import { ownerOf } from '../ports/worker-identity.ts';
import { writtenBack } from './restoring.ts';

/**
 * Mends a run whose state a late progress proposal overwrote: it is PENDING, nobody polls it, and no claim is accepted
 * (ecs-worker.md 9.7.8). A final state is written back: nothing is left to do. A scheduled one is claimed again, by the
 * only name that the server takes there; whose claim comes first in the history has it.
 */
export async function repairOverwritten(
  flowRun: FlowRun,
  overwritten: State,
  history: ClaimHistory,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<ClaimHistory | undefined> {
  const log = ports.logFor(flowRun);
  if (isFinal(overwritten.type)) {
    log.warning(
      `The run was ${overwritten.name} when late progress overwrote it; that state is written back.`,
    );
    await ports.prefect.proposeState(flowRun.id, writtenBack(overwritten, ports.random.uuid()), signal);
    return undefined;
  }
  const transitionId = ports.random.uuid();
  const message = claimMessage(ownerOf(ports.worker()), history.record?.place);
  await ports.prefect.proposeState(
    flowRun.id,
    proposalOf('PENDING', { name: awaitingCapacity(1), message, transitionId }),
    signal,
  );
  const now = latestClaim(await ports.prefect.readStateHistory(flowRun.id, signal));
  return now?.launchId === transitionId ? now : undefined;
}
