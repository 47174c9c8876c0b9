import { AwsCallError } from '../core/outcome/aws-error.ts';
import { toError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { AwsSession } from './ports.ts';

/** A failure costs a stale revision, so it is a warning; "already inactive" is success (ecs-worker.md 9.6). */
export async function deregister(
  taskDefinitionArn: string,
  session: Pick<AwsSession, 'deregisterTaskDefinition'>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    await session.deregisterTaskDefinition(taskDefinitionArn, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AwsCallError && /inactive/i.test(error.message)) return;
    log.warning(`Could not deregister task definition '${taskDefinitionArn}': ${toError(error).message}`);
  }
}
