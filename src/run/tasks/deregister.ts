import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { AwsSession } from '../ports/aws.ts';

type DeregisteringSession = Pick<AwsSession, 'deregisterTaskDefinition'>;

/** A failure is only a warning: it costs one stale revision (worker.md 9.6). */
export async function deregister(
  taskDefinitionArn: string,
  session: DeregisteringSession,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deregisterUnlessInactive(taskDefinitionArn, session, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warning(
      `Could not deregister task definition '${taskDefinitionArn}': ${toError(error).message}`,
    );
  }
}

/** "Already inactive" is success. */
export async function deregisterUnlessInactive(
  taskDefinitionArn: string,
  session: DeregisteringSession,
  signal: AbortSignal,
): Promise<void> {
  try {
    await session.deregisterTaskDefinition(taskDefinitionArn, signal);
  } catch (error) {
    if (!(error instanceof AwsCallError && /inactive/i.test(error.said))) throw error;
  }
}
