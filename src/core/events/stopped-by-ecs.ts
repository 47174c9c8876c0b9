import { z } from 'zod';
import { parseStartedBy, type LaunchMark } from '../claim/launch-mark.ts';
import { withoutAgents } from '../task/aws-agent.ts';
import { parseTaskArn, type TaskArn } from '../task/task-arn.ts';
import type { EcsTask } from '../task/task.ts';
import { flowRunIdTag } from './related-resources.ts';
import type { TaskEventDetail } from './task-event.ts';

/** The owner of a task, according to ECS. */
export interface TaskOwnerByEcs {
  readonly flowRunId: string;
  /** Undefined: not launched by one of our workers. */
  readonly mark: LaunchMark | undefined;
}

/** A UUID of any version, as in Prefect. */
const Id = z.guid();

/**
 * Whose task it is; undefined: no flow run's. The overrides are read besides the tags, because ECS
 * drops a task's tags when it stops (worker.md 10.5).
 */
export function ownerOf(task: EcsTask): TaskOwnerByEcs | undefined {
  const mark = parseStartedBy(task.startedBy);
  if (mark !== undefined) return { flowRunId: mark.flowRunId, mark };
  const flowRunId = Id.safeParse(task.tags[flowRunIdTag] ?? task.flowRunIdInOverrides).data;
  return flowRunId === undefined ? undefined : { flowRunId, mark: undefined };
}

/** ECS's answer in the shape that the judgement of an end expects. */
export function detailOf(task: EcsTask): TaskEventDetail {
  return {
    taskArn: task.taskArn,
    lastStatus: task.lastStatus,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: withoutAgents(task.containers).map(({ name, exitCode }) => ({
      name,
      containerArn: undefined,
      exitCode,
    })),
    overrides: withoutAgents(task.overrides ?? []),
  };
}

/**
 * The parts of a task's ARN, if it is valid for DescribeTasks. An invalid ARN would fail the call
 * for 99 others, and an invented region would lead to its own host.
 */
export function askableArn(taskArn: string): TaskArn | undefined {
  const arn = parseTaskArn(taskArn);
  if (arn === undefined) return undefined;
  const isAskable =
    /^aws(-[a-z]+)*$/.test(arn.partition) &&
    /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/.test(arn.region) &&
    /^\d{12}$/.test(arn.account) &&
    /^[\w-]{1,255}$/.test(arn.cluster) &&
    /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(arn.taskId);
  return isAskable ? arn : undefined;
}
