import type { ClearedLaunch } from './claim-launch.ts';
import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import { awaitingCapacity } from '../../core/claim/claims.ts';
import { startedByFor } from '../../core/claim/launch-mark.ts';
import { launchLabel, launchText } from '../../core/claim/relaunch.ts';
import { standingOf, type Standing } from '../../core/claim/standing.ts';
import { PrefectApiError } from '../../core/prefect/api-error.ts';
import type { StateType } from '../../core/prefect/state.ts';
import { denialOf } from '../../core/diagnosis/denial.ts';
import { RuntimeError, toError } from '../../kernel/errors.ts';
import { clusterArnOf } from '../../core/task/task-arn.ts';
import { type Launched } from '../ports/task-follower.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { RunPorts } from '../run-context.ts';
import { actorOf } from '../states/act.ts';
import type { Look } from '../states/look.ts';
import { restoreHidden } from '../states/overwritten-state.ts';

/** Where to search for a claim's tasks. */
export interface LaunchPlace {
  readonly session: Pick<AwsSession, 'key' | 'listTasks' | 'describeTasks'>;
  readonly cluster: string;
}

/**
 * Whether a relaunch may be made now, so that its task is the claim's only living one (worker.md
 * 8.3).
 */
export type Clearance =
  | ({ readonly kind: 'clear'; readonly token: string; readonly attempt: number } & ClearedLaunch)
  /** A launch that ECS seemed to have refused has a task after all, which may still run. */
  | { readonly kind: 'alive'; readonly task: Launched }
  | { readonly kind: 'not-announced' }
  /** Announced, but a rival announcement may still be on its way: ask again later. */
  | { readonly kind: 'settling'; readonly leftMs: number }
  /** It cannot be verified: neither launch nor give up on a guess. */
  | { readonly kind: 'unseen'; readonly error: Error }
  | { readonly kind: 'went-on'; readonly type: StateType; readonly look: Look }
  /** The claim belongs to another process now, or its adopter has to decide. */
  | { readonly kind: 'not-ours' };

/**
 * Announces launch `run.attempt` in Prefect before it is made, so that an adopter finds its token.
 * It is read back before RunTask. For a server that accepts no sub-states of PENDING, a label
 * announces it; an error: the server accepts neither.
 */
export async function announceRelaunch(
  run: ReportedRun,
  message: string,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const answer = await run.proposals.progress(awaitingCapacity(run.attempt), message, signal);
  signal.throwIfAborted();
  if (answer !== 'aborted') return undefined;
  try {
    const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
    const actor = actorOf(run.launchId, ports);
    if (look === undefined || standingOf(look, actor, run.attempt).kind !== 'not-announced')
      return undefined;
    const label = { [launchLabel]: launchText(run.launchId, run.attempt) };
    await ports.prefect.updateLabels(run.flowRun.id, label, signal);
  } catch (error) {
    signal.throwIfAborted();
    run.log.debug(`Could not announce launch ${run.attempt}`, { error: toError(error).message });
    const isTooOld =
      error instanceof PrefectApiError && (error.status === 404 || error.status === 405);
    if (isTooOld)
      return new RuntimeError(
        'this Prefect server does not support relaunches: it accepts neither sub-states of ' +
          'Pending nor updates of labels. Upgrade the server.',
      );
  }
  return undefined;
}

/**
 * Must be asked directly before RunTask. `run.attempt` is the launch to make; if another process
 * announced a higher one for the same claim, that one is made instead. `lookFrom`: the oldest
 * launch whose task is searched for.
 */
export async function clearRelaunch(
  run: ReportedRun,
  place: LaunchPlace,
  lookFrom: number,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Clearance> {
  // ListTasks has a rate limit that others need too, so it waits until its answer can be used.
  const settling = await settlingOf(run, ports, signal);
  if (settling !== undefined) return settling;
  const living = await livingTask(run, place, lookFrom, signal);
  if (living instanceof Error) return { kind: 'unseen', error: living };
  if (living !== undefined) return { kind: 'alive', task: living };
  const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
  if (look === undefined) return { kind: 'not-ours' };
  const standing = standingOf(look, actorOf(run.launchId, ports), run.attempt);
  switch (standing.kind) {
    case 'stands': {
      const leftMs = leftToSettleMs(standing, ports);
      if (leftMs > 0) return { kind: 'settling', leftMs }; // another launch was announced meanwhile
      const { token, attempt } = standing;
      return {
        kind: 'clear',
        token,
        attempt,
        clearedAtMs: look.sentAtMs,
        goodForMs: look.goodForMs,
      };
    }
    case 'went-on':
      return { ...standing, look };
    case 'not-announced':
      return standing;
    case 'undecided':
      return { kind: 'settling', leftMs: ports.looks.settlingMs };
    case 'overtaken':
      return { kind: 'not-ours' };
    case 'hidden': {
      const act = { line: run.proposals, log: run.log };
      await restoreHidden(look, act, ports, signal);
      return { kind: 'went-on', type: standing.state.type, look };
    }
  }
}

/** How the next launch stands, by a fresh look; undefined: Prefect knows no such run. */
export async function standingNow(
  run: ReportedRun,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<(Standing & { readonly look: Look }) | undefined> {
  const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
  if (look === undefined) return undefined;
  return { ...standingOf(look, actorOf(run.launchId, ports), run.attempt), look };
}

async function settlingOf(
  run: ReportedRun,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<Extract<Clearance, { kind: 'settling' }> | undefined> {
  const standing = await standingNow(run, ports, signal);
  const leftMs = standing?.kind === 'stands' ? leftToSettleMs(standing, ports) : 0;
  return leftMs > 0 ? { kind: 'settling', leftMs } : undefined;
}

/**
 * Time during which a slower announcement of the same launch may still be listed before this one
 * (worker.md 8.3).
 */
function leftToSettleMs(
  { attempt, announcedAt }: { readonly attempt: number; readonly announcedAt: string | undefined },
  { looks, prefect }: Pick<RunPorts, 'looks' | 'prefect'>,
): number {
  return attempt === 1 ? 0 : looks.settlingMs - prefect.server.ageMs(announcedAt);
}

/** A task of the claim's launches from `lookFrom` on that may still run; an error: unknown. */
export async function livingTask(
  { flowRun, launchId, attempt }: ReportedRun,
  { session, cluster }: LaunchPlace,
  lookFrom: number,
  signal: AbortSignal,
): Promise<Launched | Error | undefined> {
  try {
    for (let number = attempt; number >= lookFrom; number -= 1) {
      const startedBy = startedByFor({ flowRunId: flowRun.id, launchId, attempt: number });
      const [taskArn] = await session.listTasks({ cluster, startedBy }, signal);
      if (taskArn === undefined) continue;
      const { tasks } = await session.describeTasks(cluster, [taskArn], signal);
      if (tasks[0]?.lastStatus !== 'STOPPED')
        return { taskArn, clusterArn: tasks[0]?.clusterArn ?? clusterArnOf(taskArn) };
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AwsCallError && error.name === 'ClusterNotFoundException')
      return undefined;
    const isForGood = error instanceof AwsCallError && classifyAwsError(error) === 'hopeless';
    if (isForGood && denialOf(error)?.kind !== 'credentials') return error;
    throw error;
  }
}
