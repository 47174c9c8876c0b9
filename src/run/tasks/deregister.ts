import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { AwsSession } from '../ports/aws.ts';

type DeregisteringSession = Pick<AwsSession, 'deregisterTaskDefinition'>;

/** Logs a failure as a warning only: it costs nothing but a stale revision (worker.md 9.6). */
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

/** A revision that is already inactive counts as success. */
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
