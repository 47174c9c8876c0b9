import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { toError } from '../../kernel/errors.ts';
import type { ChangedTasksAnswer } from '../../run/ports/aws.ts';
import type { SupervisorPorts, TaskBatch } from './task-batch.ts';
import type { TaskFact } from './watch.ts';

/**
 * Asks ECS for at most 100 tasks of a batch, and reports what it says. Answers with the error with
 * which the call failed.
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
 * Only what ECS says is missing is missing; a task that an answer leaves out altogether was not
 * answered for.
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
      // What is held for as long as the task runs is held once: our copies of texts stand for the
      // answer's.
      const clusterArn = told.clusterArn === cluster ? cluster : told.clusterArn;
      // mostly the same for all
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
