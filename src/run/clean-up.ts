import { AwsCallError } from '../core/outcome/aws-error.ts';
import type { EcsJob } from '../core/job/ecs-job.ts';
import { toError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { ProvidedDefinition } from './definitions.ts';
import type { AwsSession } from './ports.ts';

/**
 * Deregisters the definition that this run registered, if its job asks for it (ecs-worker.md 9.6). Never one that was
 * linked or found. A failure costs a stale revision, so it is a warning; "already inactive" is success.
 */
export async function deregisterIfOwned(
  job: EcsJob,
  session: AwsSession,
  definition: ProvidedDefinition,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  if (!job.autoDeregisterTaskDefinition || !definition.newlyRegistered) return;
  try {
    await session.deregisterTaskDefinition(definition.arn, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AwsCallError && /inactive/i.test(error.message)) return;
    log.warning(`Could not deregister task definition '${definition.arn}': ${toError(error).message}`);
  }
}
