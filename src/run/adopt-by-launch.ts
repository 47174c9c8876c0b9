import type { ClaimPlace } from '../core/outcome/claim-record.ts';
import type { ClaimHistory } from '../core/outcome/claims.ts';
import type { ActiveRun } from './active-runs.ts';
import { launchClaim } from './launch-claim.ts';
import { whyOutOfReach } from './locate.ts';
import { prepare } from './prepare.ts';
import { crashSubmission, type ReportedRun, type RunOutcome } from './report.ts';
import type { RunLife, RunPorts } from './run-ports.ts';

/**
 * Launches a claim of a dead worker of ours with the token that it announced last, in the place that it named: ECS answers
 * with the task that exists, or starts the one that never was (ecs-worker.md 9.7.4c).
 */
export async function adoptByLaunch(
  run: ReportedRun,
  history: ClaimHistory,
  place: ClaimPlace | undefined,
  active: ActiveRun,
  takeSlot: () => Disposable,
  ports: RunPorts,
  life: RunLife,
): Promise<RunOutcome> {
  const preparation = await prepare(run.flowRun, inPlace(place, ports), run.log, life.drain);
  if (preparation.kind === 'deployment-gone') {
    const gone = `Deployment ${preparation.deploymentId} no longer exists.`;
    return crashSubmission(run, 'RuntimeError', gone, ports, life.stop);
  }
  if (preparation.kind === 'failed')
    return crashSubmission(run, preparation.error.name, preparation.error.message, ports, life.stop);
  const { prepared } = preparation;
  const why = place === undefined ? undefined : await whyOutOfReach(prepared.session, place, life.drain);
  if (why !== undefined) {
    run.log.warning(`The flow run was claimed for an ECS task that cannot be started from here: ${why}.`);
    return { kind: 'handed-over' };
  }
  await prepared.session.reserveLaunch(life.drain);
  const isElsewhere = place !== undefined && place.cluster !== (prepared.plan.cluster ?? 'default');
  using slot = takeSlot();
  return await launchClaim(
    {
      run,
      prepared,
      token: history.token,
      attempt: history.attempt,
      cluster: isElsewhere ? place.cluster : undefined,
      concurrencyLeaseId: history.claim.deploymentConcurrencyLeaseId,
      acceptedAtMs: undefined,
      besides: Promise.resolve(),
    },
    active,
    slot,
    ports,
    life,
  );
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
