import { AwsCallError } from './aws-error.ts';

/** The task to stop. */
export interface StopTarget {
  readonly clusterArn: string;
  readonly taskArn: string;
}

/**
 * Why there is nothing to stop, in exactly Python's words: users search logs for them (worker.md
 * 11.8). Undefined: the error says something else.
 */
export function nothingToStop(
  error: unknown,
  { clusterArn, taskArn }: StopTarget,
): string | undefined {
  if (!(error instanceof AwsCallError)) return undefined;
  const text = `${error.name}: ${error.said}`;
  if (text.includes('ClusterNotFound'))
    return `Cannot stop ECS task: the cluster '${clusterArn}' could not be found.`;
  if (/not find task|referenced task was not found/.test(text))
    return `Cannot stop ECS task: the task '${taskArn}' could not be found in cluster '${clusterArn}'.`;
  if (text.includes('no registered tasks'))
    return `Cannot stop ECS task: the cluster '${clusterArn}' has no tasks.`;
  return undefined;
}
