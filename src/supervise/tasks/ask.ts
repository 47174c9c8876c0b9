import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { toError } from '../../kernel/errors.ts';
import type { ChangedTasksAnswer } from '../../run/ports/aws.ts';
import type { SupervisorPorts, TaskBatch } from './task-batch.ts';
import type { TaskFact } from './watch.ts';

/**
 * Asks ECS for at most 100 tasks of a batch and reports the answers. Returns the error if the call
 * failed.
 */
export async function ask(
  taskArns: readonly string[],
  batch: TaskBatch,
  ports: SupervisorPorts,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const askedAtMs = ports.clock.monotonicMs();
  batch.asking(askedAtMs);
  try {
    const known = knownOf(taskArns, batch);
    const answer = await batch.session.describeChangedTasks(batch.cluster, taskArns, known, signal);
    batch.report(factsOf(taskArns, batch.cluster, answer, askedAtMs));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AwsCallError) || error.name !== 'ClusterNotFoundException')
      return toError(error);
    batch.report(taskArns.map((taskArn) => [taskArn, { kind: 'cluster-gone', askedAtMs }]));
  }
  batch.answered(taskArns, askedAtMs);
  return undefined;
}

function knownOf(taskArns: readonly string[], batch: TaskBatch): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const taskArn of taskArns) {
    const fingerprint = batch.watchOf(taskArn)?.fingerprint;
    if (fingerprint !== undefined) known.set(fingerprint, taskArn);
  }
  return known;
}

/**
 * Only a task that ECS lists as missing counts as missing. A task that the answer omits entirely
 * stays unknown; otherwise a partial answer would end living tasks.
 */
function factsOf(
  taskArns: readonly string[],
  cluster: string,
  answer: ChangedTasksAnswer,
  askedAtMs: number,
): readonly (readonly [string, TaskFact])[] {
  const asked = new Map(taskArns.map((taskArn) => [taskArn, taskArn]));
  let definitionArn: string | undefined;
  const same: TaskFact = { kind: 'unchanged', askedAtMs };
  const unchanged = answer.unchanged.map((taskArn): readonly [string, TaskFact] => [taskArn, same]);
  const seen = answer.changed.flatMap(
    ({ task: told, fingerprint }): readonly (readonly [string, TaskFact])[] => {
      const taskArn = asked.get(told.taskArn);
      if (taskArn === undefined) return [];
      // Strings that live as long as the task are shared: the answer's copies are replaced by ours.
      // At 10,000 tasks the copies would cost megabytes.
      const clusterArn = told.clusterArn === cluster ? cluster : told.clusterArn;
      // usually the same for all tasks
      if (told.taskDefinitionArn !== definitionArn) definitionArn = told.taskDefinitionArn;
      const task = { ...told, taskArn, clusterArn, taskDefinitionArn: definitionArn };
      return [[taskArn, { kind: 'observed', task, fingerprint, askedAtMs }]];
    },
  );
  const missing = answer.failures.flatMap((failure): readonly (readonly [string, TaskFact])[] =>
    failure.reason === 'MISSING' && failure.arn !== undefined && asked.has(failure.arn)
      ? [[failure.arn, { kind: 'missing', askedAtMs }]]
      : [],
  );
  return [...unchanged, ...seen, ...missing];
}
