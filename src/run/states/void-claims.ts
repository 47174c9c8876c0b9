import type { ClaimVerdict } from '../../core/claim/claims.ts';
import { parseStartedBy, startedByFor } from '../../core/claim/launch-mark.ts';
import { parseIdentifier } from '../../core/task/identifier.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';
import type { ActiveRuns } from '../shared/active-runs.ts';
import type { Look } from './look.ts';

/** A younger claim may still be launched by a process that this one knows nothing about. */
const launchedWithinMs = 5 * 60_000;
const remembered = 10_000;

/** Where to look for the task of a claim. */
export interface ClaimsTasks {
  readonly session: Pick<AwsSession, 'listTasks' | 'describeTasks'>;
  readonly cluster: string;
}

/**
 * Decides, by asking ECS, whether a claim that looks void has launched a task (worker.md 0.4.15). A
 * claim that launched nothing must not hide the claim of a living process, or the end of that
 * process is never reported. A claim with a task must not be skipped, or its task is never
 * followed.
 */
export class VoidClaims {
  readonly #active: Pick<ActiveRuns, 'hasClaim'>;
  readonly #server: PrefectApi['server'];
  readonly #decided = new LruMap<string, 'claim' | 'void'>(remembered);
  readonly #neverLaunched = new LruMap<string, true>(remembered);

  constructor(active: Pick<ActiveRuns, 'hasClaim'>, server: PrefectApi['server']) {
    this.#active = active;
    this.#server = server;
  }

  readonly judge = (launchId: string): ClaimVerdict =>
    this.#active.hasClaim(launchId) ? 'claim' : (this.#decided.get(launchId) ?? 'undecided');

  /** This process made the claim, took it back, and never sent RunTask for it. */
  takenBack(launchId: string): void {
    this.#neverLaunched.set(launchId, true);
  }

  /** Decides the look's latest claim, if ECS answers. Returns whether it is decided now. */
  async decide(
    look: Look,
    { session, cluster }: ClaimsTasks,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { claim, flowRun } = look;
    if (claim === undefined || claim.isDecided) return true;
    const { launchId } = claim;
    const startedBy = startedByFor({ flowRunId: flowRun.id, launchId, attempt: 1 });
    const arns = await session.listTasks({ cluster, startedBy }, signal);
    if (arns.length > 0 || (await this.#isNamed(look, session, signal))) {
      this.#decided.set(launchId, 'claim');
      return true;
    }
    const isSettled =
      this.#neverLaunched.get(launchId) === true ||
      this.#server.ageMs(claim.claim.timestamp) >= launchedWithinMs;
    if (isSettled) this.#decided.set(launchId, 'void');
    return isSettled;
  }

  async #isNamed(
    { flowRun, claim }: Look,
    session: ClaimsTasks['session'],
    signal: AbortSignal,
  ): Promise<boolean> {
    const identifier = flowRun.infrastructurePid;
    if (identifier === undefined) return false;
    const { cluster, taskArn } = parseIdentifier(identifier);
    const { tasks } = await session.describeTasks(cluster, [taskArn], signal);
    return parseStartedBy(tasks[0]?.startedBy)?.launchId === claim?.launchId;
  }
}
