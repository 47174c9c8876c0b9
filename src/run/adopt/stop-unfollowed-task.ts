import { Concealment } from '../shared/concealment.ts';
import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import { isCancellationWanted } from '../../core/claim/act-rows.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { RunPorts } from '../run-context.ts';
import { stopTask, tellDeniedOnce } from '../tasks/stop-task.ts';
import { configuredJob } from './configured-job.ts';
import { findTask } from './find-task.ts';
import { launchAgeMs } from './adopted-run.ts';
import type { ReadLane } from '../states/looks.ts';
import type { Look } from '../states/look.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';

const triesAtMost = 4;

/**
 * Stops the task of a run that was cancelled while no worker followed it. Otherwise the task would
 * run to its own end (worker.md 9.7.10). True: nothing is left to stop. False: unknown.
 */
export async function stopUnfollowedTask(
  flowRun: Pick<FlowRun, 'id'>,
  lane: ReadLane,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    let error: Error | undefined;
    for (let tried = 1; tried <= triesAtMost; tried += 1) {
      const settled = await tryToStop(flowRun.id, lane, ports, signal);
      if (settled === true) ports.unstopped.over(flowRun.id);
      if (typeof settled === 'boolean') return settled;
      error = settled;
      await ports.clock.sleep(exponentialMs(tried, 1_000, 15_000, ports.random), signal);
    }
    if (error !== undefined) ports.unstopped.failed(flowRun.id, error);
    return false;
  } catch (error) {
    signal.throwIfAborted();
    ports.unstopped.failed(flowRun.id, toError(error));
    return false;
  } finally {
    ports.looks.forget(flowRun.id);
  }
}

/**
 * True: nothing is left to stop. False: the next round tries again. Undefined, or the error that
 * prevented an answer: unknown, so try again now.
 */
export type Settled = boolean | Error | undefined;

async function tryToStop(
  flowRunId: string,
  lane: ReadLane,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Settled> {
  const look = await ports.looks.untilAgreed(flowRunId, signal, lane);
  const claim = look?.claim;
  if (look === undefined || claim === undefined || !isCancellationWanted(look, claim.launchId))
    return true;
  return await stopTaskOf(look, claim, ports, signal);
}

/** Sends one stop for the task of a claim whose cancellation the look shows. */
export async function stopTaskOf(
  look: Look,
  claim: ClaimHistory,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Settled> {
  // its follower stops it
  if (ports.active.has(look.flowRun.id, claim.launchId)) return true;
  using concealment = new Concealment(ports.active.secrets);
  const whose = { flowRun: look.flowRun, conceal: concealment.conceal };
  const { job } = await configuredJob(whose, ports, signal);
  const located = await findTask(look.flowRun, claim, job, ports, signal);
  // it may exist and not be visible yet
  if (located.kind === 'none') return launchAgeMs(claim, ports) >= visibleAfterMs;
  if (located.kind !== 'task') return false;
  if (located.observed === undefined || located.observed.desiredStatus === 'STOPPED') return true;
  const reason =
    `Stopped by Prefect worker '${ports.worker().name}': ` +
    'the flow run was cancelled while no worker followed it.';
  const task = { ...located, launchId: claim.launchId, attempt: claim.attempt };
  const log = ports.logFor(look.flowRun);
  const onDenied = tellDeniedOnce(located.taskArn, 'the cancelled flow run', log);
  const outcome = await stopTask(
    look,
    { cause: 'cancelled', task, reason, onDenied },
    ports,
    signal,
  );
  switch (outcome.kind) {
    case 'stopping':
      log.info(`Stopped ECS task '${located.taskArn}' in cluster '${located.clusterArn}'`);
      return true;
    case 'not-found':
      if (launchAgeMs(claim, ports) < visibleAfterMs) return undefined;
      log.warning(outcome.words);
      return true;
    case 'denied':
      return false; // the next round tries again
    case 'again':
      return outcome.error ?? new Error('ECS did not confirm that the task is stopping');
    case 'refused':
    case 'stale':
      return undefined;
  }
}
