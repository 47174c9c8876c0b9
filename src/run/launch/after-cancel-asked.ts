import type { RunPorts } from '../run-context.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { AwaitedEnd } from './awaited-end.ts';
import { cancelBeforeStart, type UnstartedClaim } from './end-unstarted.ts';
import { livingTask, type LaunchPlace } from './relaunch-clearance.ts';

/** Checks a hint that a run waiting for its launch is cancelled; undefined: it is not. */
export async function afterCancelAsked(
  claim: {
    readonly run: ReportedRun;
    readonly place: LaunchPlace;
    readonly unstarted: UnstartedClaim;
  },
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Extract<AwaitedEnd, { readonly kind: 'alive' | 'ended' }> | undefined> {
  const { flowRun } = await ports.flowRuns.read(claim.run.flowRun.id);
  const type = flowRun?.stateType;
  if (type === 'PENDING') return undefined;
  if (type === 'CANCELLING') return cancelBeforeStart(claim, ports, signal);
  if (type === 'CANCELLED') return stoppedAfterAll(claim, signal);
  return { kind: 'ended', outcome: { kind: 'skipped', reason: 'the run is no longer pending' } };
}

async function stoppedAfterAll(
  { run, place }: { readonly run: ReportedRun; readonly place: LaunchPlace },
  signal: AbortSignal,
): Promise<Extract<AwaitedEnd, { readonly kind: 'alive' | 'ended' }>> {
  const living = await livingTask(run, place, 1, signal);
  if (living === undefined || living instanceof Error)
    return { kind: 'ended', outcome: { kind: 'cancelled' } };
  return { kind: 'alive', task: living };
}
