import type { EcsJob } from '../../core/job/ecs-job.ts';
import { isNotPrefectsWord, isPassing } from '../../core/prefect/api-error.ts';
import { toError } from '../../kernel/errors.ts';
import { configure, type ConfigurePorts, type ConfiguredRun } from '../prepare/configure.ts';

export interface ConfiguredJob {
  readonly job: EcsJob | undefined;
  /** Why there is no job. */
  readonly error: Error | undefined;
}

/**
 * The run's job as it would be configured today. If a run can no longer be configured, its task is
 * searched for with the worker's own credentials.
 */
export async function configuredJob(
  whose: ConfiguredRun,
  ports: ConfigurePorts,
  signal: AbortSignal,
): Promise<ConfiguredJob> {
  try {
    const configuration = await configure(whose, ports, signal);
    if (configuration.kind === 'configured') return { job: configuration.job, error: undefined };
    return {
      job: undefined,
      error: new Error(`Deployment ${configuration.deploymentId} no longer exists.`),
    };
  } catch (error) {
    signal.throwIfAborted();
    // an outage, not a fault of the run
    if (isPassing(error) || isNotPrefectsWord(error)) throw error;
    return { job: undefined, error: toError(error) };
  }
}
