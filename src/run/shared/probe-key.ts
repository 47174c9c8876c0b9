import type { HoldKey } from '../../core/breaker/hold-key.ts';
import { denialOf, isAwsIll } from '../../core/diagnosis/denial.ts';
import type { EcsJob } from '../../core/job/ecs-job.ts';
import { familyOf } from '../../core/plan/launch-plan.ts';
import { launchKindOf } from '../../core/plan/launch-type.ts';
import type { Needs } from '../../core/breaker/hold-key.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { Probe } from './held-key.ts';

/** A revision that does not exist: ECS counts from 1, and no family comes this far. */
const revisionThatIsNot = 999_999_999;

/**
 * RunTask with a definition that does not exist: AWS checks the rights first, and starts nothing
 * either way.
 */
export function probeFor(
  job: EcsJob,
  { cluster }: Pick<Needs, 'cluster'>,
  session: AwsSession,
): Probe | undefined {
  const family = familyOf(job);
  if (family === undefined) return undefined;
  const request = {
    taskDefinition: `${family}:${revisionThatIsNot}`,
    ...(cluster !== undefined && { cluster }),
  };
  return { session, request };
}

/** Whether the key is allowed now. An answer that shows nothing about it leaves it denied. */
export async function isAllowed(
  key: HoldKey,
  { session, request }: Probe,
  signal: AbortSignal,
): Promise<boolean> {
  await session.reserveLaunch(launchKindOf(request), signal);
  try {
    await session.runTask(request, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (isAwsIll(error)) return false;
    const denial = denialOf(error);
    if (denial?.kind !== 'right') return denial === undefined;
    return key.kind === 'credentials' || (key.kind === 'right' && denial.action !== key.action);
  }
}
