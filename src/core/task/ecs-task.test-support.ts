import type { EcsTask } from './task.ts';

/** A task of which ECS tells nothing but what the test names. */
export function ecsTask(
  named: Pick<EcsTask, 'taskArn' | 'lastStatus' | 'desiredStatus'> & Partial<EcsTask>,
): EcsTask {
  return {
    clusterArn: undefined,
    taskDefinitionArn: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    startedBy: undefined,
    version: undefined,
    createdAt: undefined,
    startedAt: undefined,
    containers: [],
    tags: {},
    flowRunIdInOverrides: undefined,
    ...named,
  };
}
