import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { RunPorts } from '../run-context.ts';

/** What came of asking ECS to stop a task. */
export type StopOutcome =
  /** An answer showed desiredStatus STOPPED. */
  | { readonly kind: 'stopping' }
  /** There is no such task any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'denied'; readonly error: Error };

export type StopPorts = Pick<RunPorts, 'clock' | 'random'>;

/**
 * Stops a task, repeating until an answer shows that ECS means to (ecs-worker.md 11). Rejects only with the signal's
 * reason; what no repetition heals is `denied`.
 */
export async function stopTask(
  session: Pick<AwsSession, 'stopTask'>,
  task: { readonly clusterArn: string; readonly taskArn: string },
  reason: string,
  ports: StopPorts,
  signal: AbortSignal,
): Promise<StopOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const stopped = await session.stopTask(task.clusterArn, task.taskArn, reason, signal);
      if (stopped?.desiredStatus === 'STOPPED' || stopped?.lastStatus === 'STOPPED')
        return { kind: 'stopping' };
    } catch (error) {
      signal.throwIfAborted();
      if (isGone(error)) return { kind: 'gone' };
      const kind = error instanceof AwsCallError ? classifyAwsError(error) : 'hopeless';
      if (kind === 'hopeless') return { kind: 'denied', error: toError(error) };
    }
    await ports.clock.sleep(exponentialMs(attempt, 1_000, 30_000, ports.random), signal);
  }
}

/** Rows of ecs-worker.md 11.5 that mean "there is nothing to stop". */
function isGone(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  const text = `${error.name}: ${error.message}`;
  return /ClusterNotFound|not find task|referenced task was not found|no registered tasks/.test(text);
}
