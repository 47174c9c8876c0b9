import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import { awaitsOwnRetry, isPausedInProcess } from '../../core/claim/act-rows.ts';
import { isStillPending } from '../../core/claim/claims.ts';
import { rightIn } from '../../core/diagnosis/denial.ts';
import { statementFor } from '../../core/diagnosis/policy.ts';
import { defaultContainerName } from '../../core/plan/prefect-container.ts';
import { RuntimeError } from '../../kernel/errors.ts';
import { asSentence } from '../../kernel/outage.ts';
import type { FirstLaunch } from '../launch/claim-launch.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import { crashSubmission, report } from '../report/report.ts';
import type { RunContext } from '../run-context.ts';
import { actorOf } from '../states/act.ts';
import { proposeCancelled } from '../states/cancelled.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { adoptByLaunch } from './adopt-by-launch.ts';
import { configuredJob, type ConfiguredJob } from './configured-job.ts';
import { findTask, whyNoTaskIsNamed, type Located } from './find-task.ts';
import { followAdopted } from './follow-adopted.ts';
import { type AdoptedRun, launchAgeMs } from './adopted-run.ts';

/** ECS forgets tasks and their tokens an hour after they stopped. */
const tokenLivesMs = 3_600_000;

const handedOver: RunOutcome = { kind: 'handed-over' };

/**
 * Follows the claim's task, starts the task that was never started, or reports what became of it.
 */
export async function settle(adopted: AdoptedRun, context: RunContext): Promise<RunOutcome> {
  const { log, ports, signals, active } = context;
  const { look } = adopted;
  const configured = await configuredJob(
    { flowRun: look.flowRun, conceal: active.conceal },
    ports,
    signals.drain,
  );
  const isCancelling = look.present.type === 'CANCELLING';
  const unnamed = whyNoTaskIsNamed(look.flowRun);
  if (isCancelling && unnamed !== undefined) log.warning(unnamed);
  if (isCancelling) active.cancelled.raise();
  const located = await locateVisibly(adopted, configured, context);
  switch (located.kind) {
    case 'task':
      log.info(
        `Worker '${ports.worker().name}' adopted this flow run ` +
          `and follows ECS task '${located.taskArn}'.`,
      );
      return followAdopted(adopted, located, configured.job, context);
    case 'elsewhere':
      log.warning(`Cannot read this run's ECS task: ${located.why}. Leaving the run unchanged.`);
      return handedOver;
    case 'none':
    case 'denied':
      return withoutTask(adopted, located, configured, context);
  }
}

/**
 * A run that is past PENDING or being cancelled has, or had, a task. While the task may be too
 * young to be visible, "none" is not believed. (A PENDING claim of ours does not wait: repeating
 * its token gives the answer at once.)
 */
async function locateVisibly(
  { look, claim }: AdoptedRun,
  { job }: ConfiguredJob,
  { ports, signals }: RunContext,
): Promise<Located> {
  const located = await findTask(look.flowRun, claim, job, ports, signals.drain);
  const waitMs = visibleAfterMs - launchAgeMs(claim, ports);
  if (located.kind !== 'none' || isStillPending(look.present.type, claim) || waitMs <= 0)
    return located;
  await ports.clock.sleep(waitMs, signals.drain);
  return findTask(look.flowRun, claim, job, ports, signals.drain);
}

/** No task was found. What that means depends on whose claim it is, and on how far the run came. */
async function withoutTask(
  adopted: AdoptedRun,
  located: Extract<Located, { readonly kind: 'none' | 'denied' }>,
  configured: ConfiguredJob,
  context: RunContext,
): Promise<RunOutcome> {
  const { run, look, claim } = adopted;
  const { ports, signals } = context;
  const isOurs = claim.record !== undefined;
  const isOld = launchAgeMs(claim, ports) >= visibleAfterMs;
  const isPending = isStillPending(look.present.type, claim);
  const tokenLives = located.kind === 'none' || launchAgeMs(claim, ports) < tokenLivesMs;
  if (isPending && isOurs && tokenLives) {
    if (configured.job === undefined) {
      const error = configured.error ?? new Error('the run can no longer be configured');
      return crashSubmission(
        run,
        error,
        ports,
        signals.stop,
        adopted.isOwn ? 'never-started' : undefined,
      );
    }
    return adoptByLaunch(adopted, located.place, firstLaunch(adopted, located.kind), context);
  }
  if (located.kind === 'none' && isOld && look.present.type === 'CANCELLING') {
    const words =
      configured.job === undefined && !isOurs
        ? 'Flow run cancelled (deployment not found, infrastructure may still be running).'
        : 'Flow run cancelled by worker (no infrastructure found).';
    return cancelUnfound(run, words, context);
  }
  const isHidden = look.present.type === 'PENDING' && !isPending;
  const hasBegun =
    isHidden || look.present.type === 'RUNNING' || awaitsOwnRetry(look) || isPausedInProcess(look);
  if (located.kind === 'none' && isOurs && hasBegun && isOld) {
    const ended = {
      end: { kind: 'vanished', lastSeen: undefined } as const,
      taskArn: undefined,
      containerName: defaultContainerName,
      output: { link: undefined },
    };
    return report(run, ended, ports, signals);
  }
  return located.kind === 'none' ? leave(adopted, context) : leaveUnseen(adopted, located.words);
}

async function cancelUnfound(
  run: ReportedRun,
  message: string,
  { ports, signals }: RunContext,
): Promise<RunOutcome> {
  const transitionId = ports.random.uuid();
  for (;;) {
    const look = await ports.looks.untilAgreed(run.flowRun.id, signals.drain);
    if (look === undefined) return handedOver;
    const actor = actorOf(run.launchId, ports);
    const act = { actor, line: run.proposals, log: run.log, transitionId, message };
    const answer = await proposeCancelled(
      look,
      { ...act, noTaskLives: 'not-found' },
      ports,
      signals.stop,
    );
    if (answer.kind === 'stale') continue;
    if (answer.kind === 'done') run.log.info(message);
    return { kind: 'cancelled' };
  }
}

/**
 * The claim's own launch, also where the search was denied: its token alone ensures that there is
 * only one task.
 */
function firstLaunch({ look, claim }: AdoptedRun, found: 'none' | 'denied'): FirstLaunch {
  if (found === 'none' && claim.attempt > 1) return dueLaunch;
  return {
    kind: 'launch',
    token: claim.token,
    clearedAtMs: look.sentAtMs,
    goodForMs: look.goodForMs,
  };
}

/** A launch that a dead worker announced after one that started nothing. */
const dueLaunch: FirstLaunch = {
  kind: 'await',
  failure: { kind: 'capacity', reason: 'announced by a worker that is gone' },
  error: new RuntimeError('Failed to run ECS task: the worker that announced its launch is gone.'),
  isDue: true,
  wasStopped: false,
  isLookDue: true,
};

/** ECS denies the search, so nothing is concluded. The next round looks again. */
function leaveUnseen({ run }: AdoptedRun, words: string): RunOutcome {
  run.log.warning(
    `The worker is not allowed to look for the ECS task of flow run '${run.flowRun.name}'. ` +
      'Leaving the run unchanged. Grant ecs:ListTasks and ecs:DescribeTasks to the worker. ' +
      `${asSentence(words)} ${statementFor(rightIn(words)?.action ?? 'ecs:ListTasks', words)}`,
  );
  return handedOver;
}

/**
 * A claim of another kind of worker is never launched here: its worker may need minutes. It is
 * logged, and crashed after the time of a setting.
 */
async function leave(
  { run, look, claim }: AdoptedRun,
  { ports, signals }: RunContext,
): Promise<RunOutcome> {
  const timeoutSeconds = ports.settings().unfoundTaskTimeoutSeconds;
  const ageMs = launchAgeMs(claim, ports);
  const isPending = look.present.type === 'PENDING';
  if (isPending && ageMs >= timeoutSeconds * 1000) {
    const searched = `no ECS task was found within ${timeoutSeconds} seconds`;
    const message = `${searched} after the flow run was claimed`;
    return crashSubmission(
      run,
      { name: 'RuntimeError', message },
      ports,
      signals.stop,
      'not-found',
    );
  }
  if (ageMs >= visibleAfterMs) {
    run.log.warning(
      `Flow run '${run.flowRun.name}' is ${look.present.name}, but its ECS task was not found. ` +
        (isPending
          ? `The run will be crashed ${timeoutSeconds} seconds after its claim.`
          : 'Leaving the run unchanged.'),
    );
  }
  return handedOver;
}
