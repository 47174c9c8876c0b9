import type { EcsJob } from '../job/ecs-job.ts';
import { trimmedEnd } from '../job/trimmed.ts';

const longestFamily = 255;

/**
 * The family as given, else one of pool and deployment; reduced to what AWS allows, case kept
 * (worker.md 4.8, Q1).
 */
export function familyFor(
  given: string | undefined,
  job: Pick<EcsJob, 'workPoolName' | 'deploymentId' | 'flowId'>,
): string {
  return validFamily(given ?? `prefect_${job.workPoolName}_${job.deploymentId ?? job.flowId}`);
}

/** Replaces invalid characters by single `-`, none at either end, at most 255 characters. */
export function validFamily(text: string): string {
  return trimmed(trimmed(text.replace(/[^a-zA-Z0-9_-]+/g, '-')).slice(0, longestFamily));
}

function trimmed(text: string): string {
  return trimmedEnd(text, '-').replace(/^-+/, '');
}
