import { AwsCallError, classifyAwsError } from '../core/outcome/aws-error.ts';
import type { DescribeTasksAnswer } from '../run/ports.ts';
import { exponentialMs } from '../kernel/backoff.ts';
import { toError } from '../kernel/errors.ts';
import type { SupervisorPorts, TaskBatch } from './task-batch.ts';
import type { TaskFact } from './watch.ts';

/** DescribeTasks takes at most this many (aws-ecs.md B.4). */
const tasksPerCall = 100;

/** Half of the read bucket's refill (aws-ecs.md B.6): the account is not ours alone. */
const callsPerSecond = 10;

const longestBackoffMs = 60_000;

/**
 * Asks for all tasks of a batch, round after round, until it is empty. A round is as often as the most impatient task
 * wants, stretched when there are so many that the call budget would be exceeded. A failing cluster delays its own
 * batch only; what a failed call did not tell is asked for again.
 */
export async function sweep(batch: TaskBatch, ports: SupervisorPorts, signal: AbortSignal): Promise<void> {
  let failures = 0;
  for (;;) {
    const taskArns = batch.taskArns();
    if (taskArns.length === 0) return;
    const calls = Math.ceil(taskArns.length / tasksPerCall);
    await ports.clock.sleep(
      failures === 0
        ? Math.max(batch.intervalMs(), (calls / callsPerSecond) * 1000)
        : exponentialMs(failures, Math.max(1_000, batch.intervalMs()), longestBackoffMs, ports.random),
      signal,
    );
    const failed = await sweepOnce(batch, ports, signal);
    failures = failed ? failures + 1 : 0;
  }
}

async function sweepOnce(batch: TaskBatch, ports: SupervisorPorts, signal: AbortSignal): Promise<boolean> {
  const taskArns = batch.taskArns();
  let failed = false;
  for (let at = 0; at < taskArns.length; at += tasksPerCall) {
    const chunk = taskArns.slice(at, at + tasksPerCall);
    failed = !(await ask(chunk, batch, ports, signal)) || failed;
  }
  return failed;
}

async function ask(
  taskArns: readonly string[],
  batch: TaskBatch,
  ports: SupervisorPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const askedAtMs = ports.clock.monotonicMs();
  try {
    const answer = await batch.session.describeTasks(batch.cluster, taskArns, signal, 'sweep');
    await Promise.all(
      factsOf(taskArns, answer, askedAtMs).map(([taskArn, fact]) => batch.tell(taskArn, fact)),
    );
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AwsCallError && error.name === 'ClusterNotFoundException') {
      await Promise.all(taskArns.map((taskArn) => batch.tell(taskArn, { kind: 'cluster-gone', askedAtMs })));
      return true;
    }
    const kind = error instanceof AwsCallError ? classifyAwsError(error) : 'unexpected';
    ports.log.warning(
      `Could not look at ${taskArns.length} ECS task(s) in '${batch.cluster}'; it is tried again.`,
      {
        error: toError(error).message,
        kind,
      },
    );
    return false;
  }
}

/** Only what ECS says is missing is missing; a task that an answer leaves out altogether was not answered for. */
function factsOf(
  taskArns: readonly string[],
  answer: DescribeTasksAnswer,
  askedAtMs: number,
): readonly (readonly [string, TaskFact])[] {
  const asked = new Set(taskArns);
  const seen = answer.tasks
    .filter((task) => asked.has(task.taskArn))
    .map((task): readonly [string, TaskFact] => [task.taskArn, { kind: 'seen', task, askedAtMs }]);
  const missing = answer.failures.flatMap((failure): readonly (readonly [string, TaskFact])[] =>
    failure.reason === 'MISSING' && failure.arn !== undefined && asked.has(failure.arn)
      ? [[failure.arn, { kind: 'missing', askedAtMs }]]
      : [],
  );
  return [...seen, ...missing];
}
