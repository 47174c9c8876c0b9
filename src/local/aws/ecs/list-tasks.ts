import { z } from 'zod';
import { invalidParameter } from '../wire/aws-error.ts';
import type { Cluster } from './clusters.ts';
import type { Task, TaskState } from './task.ts';

export const ListTasksInput = z.looseObject({
  cluster: z.string().optional(),
  family: z.string().optional(),
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).optional(),
  launchType: z.string().optional(),
  serviceName: z.string().optional(),
  containerInstance: z.string().optional(),
  maxResults: z.number().int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});
export type ListTasksInput = z.infer<typeof ListTasksInput>;

const tasksPerPage = 100;

/**
 * Refuses `startedBy` beside another filter, as ECS does: it cannot find stopped tasks
 * (aws-ecs.md B.4.3).
 */
export function checkListTasks(input: ListTasksInput): void {
  if (input.startedBy === undefined) return;
  const others = [
    input.family,
    input.desiredStatus,
    input.serviceName,
    input.containerInstance,
    input.launchType,
  ];
  if (others.some((other) => other !== undefined)) {
    throw invalidParameter('startedBy cannot be combined with other filters.');
  }
}

/** One page of the matching tasks. `stateOf`: the state that the read may see, if any. */
export function listTasks(
  input: ListTasksInput,
  cluster: Cluster,
  tasks: Iterable<Task>,
  stateOf: (task: Task) => TaskState | undefined,
): Record<string, unknown> {
  const after = input.nextToken === undefined ? 0 : Number(input.nextToken);
  if (!Number.isInteger(after)) throw invalidParameter('Invalid token');
  const desired = input.desiredStatus ?? 'RUNNING';
  const most = input.maxResults ?? tasksPerPage;
  const page: Task[] = [];
  for (const task of tasks) {
    if (task.sequence <= after || task.cluster !== cluster || !isAskedFor(task, input)) continue;
    if (stateOf(task)?.desiredStatus !== desired) continue;
    if (page.length === most) return answerOf(page, String(page.at(-1)?.sequence));
    page.push(task);
  }
  return answerOf(page, undefined);
}

function isAskedFor(task: Task, input: ListTasksInput): boolean {
  const { startedBy, family, launchType, containerInstance, serviceName } = input;
  return (
    serviceName === undefined && // no task here belongs to a service
    (startedBy === undefined || task.input.startedBy === startedBy) &&
    (family === undefined || task.definition.family === family) &&
    (launchType === undefined || task.placement.launchType === launchType) &&
    (containerInstance === undefined ||
      task.placement.instance?.id === containerInstance.split('/').at(-1))
  );
}

function answerOf(page: readonly Task[], nextToken: string | undefined): Record<string, unknown> {
  return { taskArns: page.map((task) => task.arn), ...(nextToken !== undefined && { nextToken }) };
}
