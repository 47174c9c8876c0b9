import type { ClaimPlace } from '../../core/claim/claim-record.ts';
import { launchClaim, reserveFirstTurn } from '../claimed-run.ts';
import type { FirstLaunch } from '../launch/claim-launch.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import { capacityKeyFor } from '../prepare/prepare.ts';
import { prepareRun, type RunPreparation } from '../prepare/prepared-run.ts';
import { nextEvent } from '../launch/denied-launch.ts';
import { crashSubmission } from '../report/report.ts';
import type { RunContext, RunPorts } from '../run-context.ts';
import { whyOutOfReach } from './find-task.ts';
import type { AdoptedRun } from './adopted-run.ts';

/**
 * Launches a dead worker's claim with the token that was announced last, in the place that the
 * claim names. ECS returns the task of that token if it exists, and starts it otherwise. A new
 * token could start a second task (worker.md 9.7.6). `first`: this launch, or a wait for the next
 * one.
 */
export async function adoptByLaunch(
  { run, claim, lease, isOwn }: AdoptedRun,
  place: ClaimPlace | undefined,
  first: FirstLaunch,
  context: RunContext,
): Promise<RunOutcome> {
  const { ports, signals } = context;
  const noTaskLives = isOwn ? 'never-started' : undefined;
  const preparation = await prepareInTime(run, inPlace(place, ports), context);
  if (preparation === 'went-on') return { kind: 'handed-over' };
  if (preparation.kind === 'deployment-gone') {
    const gone = `Deployment ${preparation.deploymentId} no longer exists.`;
    return crashSubmission(
      run,
      { name: 'RuntimeError', message: gone },
      ports,
      signals.stop,
      noTaskLives,
    );
  }
  if (preparation.kind === 'failed')
    return crashSubmission(run, preparation.error, ports, signals.stop, noTaskLives);
  const { prepared } = preparation;
  const why =
    place === undefined
      ? undefined
      : await whyOutOfReach(prepared.facts.session, place, signals.drain);
  if (why !== undefined) {
    run.log.warning(
      `This worker cannot start the ECS task that the flow run was claimed for: ${why}.`,
    );
    return { kind: 'handed-over' };
  }
  const waitingSinceMs = ports.clock.monotonicMs() - ports.prefect.server.ageMs(claim.waitingSince);
  const capacityTicket = ports.capacity.begin(prepared.ask(capacityKeyFor), run.flowRun.id);
  try {
    // Adopted claims rejoin in the order in which they began to wait: 200 of them must not call
    // RunTask at once.
    if (!isOwn)
      await capacityTicket.rejoin(
        { sinceMs: waitingSinceMs, hasWaited: claim.attempt > 1 },
        signals.drain,
      );
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

/**
 * Prepares the claim's run. While something that is not the run's fault prevents that, the claim
 * stays Pending and held by this worker, and is prepared again when its key is tried (worker.md
 * 0.5.5). `went-on`: the run must not be launched any more.
 */
async function prepareInTime(
  run: AdoptedRun['run'],
  ports: RunPorts,
  context: RunContext,
): Promise<Exclude<RunPreparation, { readonly kind: 'held-back' }> | 'went-on'> {
  const { active, signals } = context;
  const preparing = {
    flowRun: run.flowRun,
    log: run.log,
    isAdopted: true,
    conceal: active.conceal,
  };
  for (let attempt = 1; ; attempt += 1) {
    const preparation = await prepareRun(preparing, ports, signals.drain);
    if (preparation.kind !== 'held-back') return preparation;
    if (attempt === 1)
      run.log.warning(`${preparation.reason} The flow run stays Pending until this is resolved.`);
    const event = await nextEvent(preparation.held, context);
    signals.drain.throwIfAborted();
    if (event === 'let-go') return 'went-on';
    if (event === 'try') continue;
    active.cancelled.take();
    const { flowRun } = await ports.flowRuns.read(run.flowRun.id);
    if (flowRun?.stateType === 'PENDING') continue;
    ports.takeUpAgain(run.flowRun.id); // adopted again in the state that it has now
    return 'went-on';
  }
}

/** The same ports, with sessions in the region that the claim names. */
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
