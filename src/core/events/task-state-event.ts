import type { EventResource, PrefectEvent } from '../prefect/event.ts';
import type { EcsTask } from '../task/task.ts';

/** The last event that was sent about a task. */
export interface ToldEvent {
  readonly id: string;
  readonly occurredMs: number;
  readonly follows: string | null;
}

/** Prefect orders events only if they are closer than this. */
const closestMs = 5 * 60_000;

/**
 * The Prefect event for a change of a task (worker.md 10.6). It has the id of AWS's event, so that
 * a repetition does not duplicate it. `before` is the last one sent for the same task; an event
 * never follows itself (worker.md Q30).
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
