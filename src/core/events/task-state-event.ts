import type { EventResource, PrefectEvent } from '../prefect/event.ts';
import type { EcsTask } from '../task/task.ts';

/** What was told of a task before. */
export interface ToldEvent {
  readonly id: string;
  readonly occurredMs: number;
  readonly follows: string | null;
}

/** Prefect puts events in an order only if they are closer than this. */
const closestMs = 5 * 60_000;

/**
 * The Prefect event of a task's change (worker.md 10.6). Its id is that of AWS's event: told
 * twice it is one. `before` is the last one told of the same task; it is never followed by itself
 * (worker.md Q30).
 */
export function taskStateEvent(
  event: { readonly id: string; readonly occurred: string; readonly task: EcsTask },
  related: readonly EventResource[],
  before: ToldEvent | undefined,
): PrefectEvent {
  const { task, id, occurred } = event;
  return {
    id,
    occurred,
    event: `prefect.ecs.task.${task.lastStatus.toLowerCase()}`,
    resource: {
      'prefect.resource.id': `prefect.ecs.task.${task.taskArn.slice(task.taskArn.lastIndexOf('/') + 1)}`,
      'ecs.taskArn': task.taskArn,
      ...(task.clusterArn !== undefined && { 'ecs.clusterArn': task.clusterArn }),
      ...(task.taskDefinitionArn !== undefined && {
        'ecs.taskDefinitionArn': task.taskDefinitionArn,
      }),
    },
    related,
    payload: {},
    follows: followedBy(id, Date.parse(occurred), before),
  };
}

function followedBy(id: string, occurredMs: number, before: ToldEvent | undefined): string | null {
  if (before === undefined) return null;
  if (before.id === id) return before.follows;
  const apartMs = occurredMs - before.occurredMs;
  return apartMs >= 0 && apartMs < closestMs ? before.id : null;
}
