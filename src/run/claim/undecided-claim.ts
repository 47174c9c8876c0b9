import { ownerOfClaim } from '../../core/claim/act-rows.ts';
import { isFinal } from '../../core/prefect/state.ts';
import { doubledMs } from '../../kernel/backoff.ts';
import type { RunPorts } from '../run-context.ts';
import type { Look } from '../states/look.ts';
import type { Looks } from '../states/looks.ts';

type DecisionPorts = Pick<RunPorts, 'clock' | 'worker'> & {
  readonly looks: Pick<Looks, 'untilAgreed'>;
};

/** Time between looks at one claim. Prefect may be ill for long and have many such claims. */
const lookMs = { first: 10_000, longest: 60_000 };

/**
 * A claim that is not in the history after this time never arrived: its repetitions ended long
 * before.
 */
const arrivesWithinMs = 60_000;

/**
 * Waits until a claim of this process that was never answered turns out to be lost, or to belong to
 * another process. Until then its run counts against the limit, because the run may be adopted and
 * launched here beside the runs that were claimed meanwhile.
 */
export async function untilClaimDecided(
  { flowRunId, launchId }: { readonly flowRunId: string; readonly launchId: string },
  ports: DecisionPorts,
  signal: AbortSignal,
): Promise<void> {
  const sinceMs = ports.clock.monotonicMs();
  for (let attempt = 1; ; attempt += 1) {
    await ports.clock.sleep(doubledMs(attempt, lookMs.first, lookMs.longest), signal);
    const look = await lookIfPossible(flowRunId, ports, signal);
    if (look === 'unknown') continue;
    if (look === undefined) return;
    const hasArrived = look.history.some(({ transitionId }) => transitionId === launchId);
    const mayArrive = ports.clock.monotonicMs() - sinceMs < arrivesWithinMs;
    if (hasArrived ? !mayBeLaunched(look, launchId, ports) : !mayArrive) return;
  }
}

async function lookIfPossible(
  flowRunId: string,
  { looks }: Pick<DecisionPorts, 'looks'>,
  signal: AbortSignal,
): Promise<Look | 'unknown' | undefined> {
  try {
    return await looks.untilAgreed(flowRunId, signal);
  } catch {
    signal.throwIfAborted();
    return 'unknown';
  }
}

function mayBeLaunched(
  look: Look,
  launchId: string,
  { worker }: Pick<RunPorts, 'worker'>,
): boolean {
  if (isFinal(look.present.type) || look.claim?.launchId !== launchId) return false;
  return ownerOfClaim(look)?.processId === worker().processId;
}
