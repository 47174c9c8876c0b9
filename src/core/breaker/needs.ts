import type { EcsJob } from '../job/ecs-job.ts';
import { objectIn, textIn } from '../job/shape.ts';
import type { Needs } from './hold-key.ts';

/** What a job needs from AWS. The roles of a definition given by ARN are unknown. */
export function needsOf(job: EcsJob, sessionKey: string): Needs {
  const overrides = objectIn(job.taskRunRequest['overrides']);
  const roles = [
    job.executionRoleArn,
    textIn(job.taskDefinition['executionRoleArn']),
    textIn(job.taskDefinition['taskRoleArn']),
    textIn(overrides['executionRoleArn']),
    textIn(overrides['taskRoleArn']),
  ];
  return {
    sessionKey,
    cluster: textIn(job.taskRunRequest['cluster']) ?? job.cluster,
    roles: roles.filter((role) => role !== undefined),
    chosen: job.chosenByRun,
  };
}
