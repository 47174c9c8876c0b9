import type { ClaimPlace } from '../../core/claim/claim-record.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import { launchClaim, reserveFirstTurn, type FirstLaunch } from '../claimed-run.ts';
import { whyOutOfReach } from './find-task.ts';
import { capacityKeyFor } from '../prepare/prepare.ts';
import { prepareRun } from '../prepare/prepared-run.ts';
import { crashSubmission } from '../report/report.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { RunPorts, RunContext } from '../run-context.ts';

/**
 * Launches a claim of a dead worker of ours with the token that it announced last, in the place that it named: ECS answers
 * with the task that exists, or starts the one that never was (ecs-worker.md 9.7.4c). `first`: or launches it once more.
 */
export async function adoptByLaunch(
  run: ReportedRun,
  history: ClaimHistory,
  place: ClaimPlace | undefined,
  first: FirstLaunch,
  context: RunContext,
): Promise<RunOutcome> {
  const { ports, signals } = context;
  const preparation = await prepareRun(run.flowRun, inPlace(place, ports), run.log, signals.drain);
  if (preparation.kind === 'deployment-gone') {
    const gone = `Deployment ${preparation.deploymentId} no longer exists.`;
    return crashSubmission(run, { name: 'RuntimeError', message: gone }, ports, signals.stop);
  }
  if (preparation.kind === 'failed') return crashSubmission(run, preparation.error, ports, signals.stop);
  const { prepared } = preparation;
  const why =
    place === undefined ? undefined : await whyOutOfReach(prepared.facts.session, place, signals.drain);
  if (why !== undefined) {
    run.log.warning(`The flow run was claimed for an ECS task that cannot be started from here: ${why}.`);
    return { kind: 'handed-over' };
  }
  if (first.kind === 'launch') await reserveFirstTurn(prepared, signals.drain);
  const isElsewhere = place !== undefined && place.cluster !== prepared.facts.cluster;
  return await launchClaim(
    {
      run,
      prepared,
      first,
      capacityTicket: ports.capacity.begin(prepared.ask(capacityKeyFor), run.flowRun.id),
      waitingSinceMs: sinceMs(history.waitingSince, ports),
      cluster: isElsewhere ? place.cluster : undefined,
      concurrencyLeaseId: history.claim.deploymentConcurrencyLeaseId,
      progressUpdates: Promise.resolve(),
    },
    context,
  );
}

/** A moment by the server's clock, by ours. */
function sinceMs(timestamp: string | undefined, { clock }: RunPorts): number | undefined {
  if (timestamp === undefined) return undefined;
  return clock.monotonicMs() - Math.max(0, clock.now().getTime() - new Date(timestamp).getTime());
}

/** The same ports, in the region that the claim names. */
function inPlace(place: ClaimPlace | undefined, ports: RunPorts): RunPorts {
  if (place === undefined) return ports;
  return {
    ...ports,
    aws: {
      sessionFor: (credentials, signal) =>
        ports.aws.sessionFor({ ...credentials, regionName: place.region }, signal),
    },
  };
}
