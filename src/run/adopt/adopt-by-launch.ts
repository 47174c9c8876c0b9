import type { ClaimPlace } from '../../core/claim/claim-record.ts';
import { launchClaim, reserveFirstTurn } from '../claimed-run.ts';
import type { FirstLaunch } from '../launch/claim-launch.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import { capacityKeyFor } from '../prepare/prepare.ts';
import { prepareRun } from '../prepare/prepared-run.ts';
import { crashSubmission } from '../report/report.ts';
import type { RunContext, RunPorts } from '../run-context.ts';
import { whyOutOfReach } from './find-task.ts';
import type { AdoptedRun } from './adopted-run.ts';

/**
 * Launches a claim of a dead worker of ours with the token that it announced last, in the place that it named: ECS answers
 * with the task that exists, or starts the one that never was (ownership.md 9.7.6). `first`: or launches it once more.
 */
export async function adoptByLaunch(
  { run, claim, lease, isOwn }: AdoptedRun,
  place: ClaimPlace | undefined,
  first: FirstLaunch,
  context: RunContext,
): Promise<RunOutcome> {
  const { ports, signals } = context;
  const noTaskLives = isOwn ? 'never-started' : undefined;
  const preparation = await prepareRun(run.flowRun, inPlace(place, ports), run.log, signals.drain);
  if (preparation.kind === 'deployment-gone') {
    const gone = `Deployment ${preparation.deploymentId} no longer exists.`;
    return crashSubmission(run, { name: 'RuntimeError', message: gone }, ports, signals.stop, noTaskLives);
  }
  if (preparation.kind === 'failed')
    return crashSubmission(run, preparation.error, ports, signals.stop, noTaskLives);
  const { prepared } = preparation;
  const why =
    place === undefined ? undefined : await whyOutOfReach(prepared.facts.session, place, signals.drain);
  if (why !== undefined) {
    run.log.warning(`The flow run was claimed for an ECS task that cannot be started from here: ${why}.`);
    return { kind: 'handed-over' };
  }
  const waitingSinceMs = ports.clock.monotonicMs() - ports.prefect.server.ageMs(claim.waitingSince);
  const capacityTicket = ports.capacity.begin(prepared.ask(capacityKeyFor), run.flowRun.id);
  try {
    // In the order in which they began to wait; two hundred that were left must not all ask at once.
    if (!isOwn)
      await capacityTicket.rejoin({ sinceMs: waitingSinceMs, hasWaited: claim.attempt > 1 }, signals.drain);
    if (first.kind === 'launch') await reserveFirstTurn(prepared, signals.drain);
    const isElsewhere = place !== undefined && place.cluster !== prepared.facts.cluster;
    return await launchClaim(
      {
        run,
        prepared,
        first,
        capacityTicket,
        cluster: isElsewhere ? place.cluster : undefined,
        lease,
        adopted: isOwn ? undefined : { waitingSinceMs, announcedAt: claim.announcedAt },
        progressUpdates: Promise.resolve(),
      },
      context,
    );
  } finally {
    capacityTicket[Symbol.dispose]();
  }
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
