import { askingFor } from '../prepare/prepare.ts';
import { crashSubmission } from '../report/report.ts';
import type { RunContext } from '../run-context.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { Launched } from '../ports/task-follower.ts';
import type { Asking } from '../shared/gate.ts';
import type { NoTaskLives } from '../states/cancelled.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { ClaimLaunch, FirstLaunch } from './claim-launch.ts';
import { unstartedClaim, type UnstartedClaim } from './end-unstarted.ts';
import type { LaunchPlace } from './relaunch-clearance.ts';
import type { TaskLauncher } from './task-launcher.ts';

/** A claim, what launches it, and all that its steps share. */
export interface ClaimAtWork {
  readonly claim: ClaimLaunch;
  readonly launching: TaskLauncher;
  readonly context: RunContext;
}

/** What is to be done next for a claim. */
export type Step =
  | (FirstLaunch & { readonly attempt: number })
  | { readonly kind: 'follow'; readonly attempt: number; readonly task: Launched }
  | { readonly kind: 'ended'; readonly outcome: RunOutcome };

export const ended = (outcome: RunOutcome): Step => ({ kind: 'ended', outcome });

/** Where tasks of the claim are looked for. */
export function placeOf({ claim }: ClaimAtWork): LaunchPlace {
  const { session, cluster } = claim.prepared.facts;
  return { session, cluster: claim.cluster ?? cluster };
}

/** What launch `run.attempt` asks of AWS, for the breaker. */
export function askingOf({ claim }: ClaimAtWork, run: ReportedRun): Asking {
  const isAdopted = claim.adopted !== undefined;
  return claim.prepared.ask((plan) =>
    askingFor(plan, { flowRun: run.flowRun, log: run.log, isAdopted }),
  );
}

/** `wasStopped`: ECS reported STOPPED for the task of the launch before. */
export function unstartedOf(
  { launching, claim, context }: ClaimAtWork,
  wasStopped: boolean,
): UnstartedClaim {
  const { session } = claim.prepared.facts;
  return unstartedClaim({ launching, ...claim, session, wasStopped }, context.ports);
}

/** Crashes the run with an error of its launch, and releases the definition. */
export async function crashed(at: ClaimAtWork, run: ReportedRun, error: Error): Promise<Step> {
  const { ports, signals } = at.context;
  await at.launching.cleanUp(signals.stop);
  return ended(await crashSubmission(run, error, ports, signals.stop, whyNoTaskLives(at)));
}

/**
 * Why no task of the claim can be alive; undefined: one may be. An adopter never knows: it did not
 * see the answers to its predecessor's calls.
 */
function whyNoTaskLives({ launching, claim }: ClaimAtWork): NoTaskLives | undefined {
  if (claim.adopted !== undefined || !launching.isAnswered) return undefined;
  return launching.isOnlyRefused ? 'never-started' : 'stopped';
}
