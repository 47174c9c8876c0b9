import { isLetGo, ownerOfClaim } from '../../core/claim/act-rows.ts';
import {
  followerLabel,
  followerText,
  isNobody,
  parseFollower,
  type Owner,
} from '../../core/claim/claim-record.ts';
import { isFinal } from '../../core/prefect/state.ts';
import type { RunPorts } from '../run-context.ts';
import { ownerOf } from '../ports/worker-identity.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Look } from '../states/look.ts';
import type { ReadLane } from '../states/looks.ts';

/** A random wait of up to this, so that adopters of the same moment do not all do the same work. */
const longestWaitMs = 2_000;
/**
 * Added to the settling time: an act that the previous process sent just before our label has
 * arrived by then.
 */
const arrivalMs = 5_000;
/** Of two concurrent label writes one can be lost, so a lost label is written again. */
const labelTries = 3;

/**
 * Makes this process answerable for a claim: writes its label, waits until the last call of the
 * previous process has arrived, and looks. Without the wait, that call could follow our first act
 * (worker.md 9.7.4, 9.7.12). Undefined: another process has it.
 */
export async function takeOver(
  before: Look,
  lane: ReadLane,
  ports: RunPorts,
  log: Logger,
  signal: AbortSignal,
): Promise<Look | undefined> {
  const { flowRun, claim } = before;
  if (claim === undefined) return undefined;
  const { launchId } = claim;
  const leaseId =
    before.present.deploymentConcurrencyLeaseId ?? claim.claim.deploymentConcurrencyLeaseId;
  if (leaseId !== undefined && before.present.type === 'PENDING')
    await lane(() => ports.leases.renewNow(leaseId, log, signal));
  await ports.clock.sleep(longestWaitMs * ports.random.next(), signal);
  const { flowRun: now } = await ports.flowRuns.read(flowRun.id);
  const isUnended = now?.stateType !== undefined && !isFinal(now.stateType);
  if (!isUnended || !isSameOwner(ownerOfClaim(before), parseFollower(now.labels), launchId))
    return undefined;
  const actor = { launchId, processId: ports.worker().processId };
  for (let tried = 1; tried <= labelTries; tried += 1) {
    const label = { [followerLabel]: followerText(launchId, ownerOf(ports.worker())) };
    await lane(() => ports.prefect.updateLabels(flowRun.id, label, signal));
    await ports.clock.sleep(ports.looks.settlingMs + arrivalMs, signal);
    const look = await ports.looks.untilAgreed(flowRun.id, signal, lane);
    if (look?.claim?.launchId !== launchId || isLetGo(look, actor)) return undefined;
    if (parseFollower(look.flowRun.labels)?.processId === actor.processId) return look;
  }
  ports.takeUpAgain(flowRun.id);
  return undefined;
}

/** Whether the label still names the process that was judged dead. */
function isSameOwner(
  judged: Owner | undefined,
  follower: (Owner & { readonly launchId: string }) | undefined,
  launchId: string,
): boolean {
  if (follower?.launchId !== launchId) return true;
  return isNobody(follower) ? judged === undefined : follower.processId === judged?.processId;
}
