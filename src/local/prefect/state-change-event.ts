import type { EventInput } from './events.ts';
import type { FlowRun } from './records.ts';
import type { State } from './state.ts';
import { secondsBetween } from './timestamps.ts';
import type { World } from './world.ts';

/** An event names its predecessor only if their order could be in doubt. */
const tightSeconds = 300;

/**
 * The event `prefect.flow-run.<state name>`. Its id is the state's id, so repetitions can be
 * dropped (prefect-api.md 7.4).
 */
export function stateChangeEvent(
  world: World,
  run: FlowRun,
  before: State | undefined,
): EventInput {
  const { state } = run;
  const follows =
    before !== undefined &&
    Math.abs(secondsBetween(before.timestamp, state.timestamp)) < tightSeconds;
  return {
    id: state.id,
    occurred: state.timestamp,
    event: `prefect.flow-run.${state.name}`,
    resource: {
      'prefect.resource.id': `prefect.flow-run.${run.id}`,
      'prefect.resource.name': run.name,
      'prefect.run-count': String(run.run_count),
      'prefect.state-message': state.message ?? '',
      'prefect.state-name': state.name,
      'prefect.state-timestamp': state.timestamp.replace('Z', '+00:00'),
      'prefect.state-type': state.type,
    },
    related: relatedResources(world, run),
    payload: {
      intended: { from: before?.type ?? null, to: state.type },
      initial_state: before === undefined ? null : essentials(before),
      validated_state: essentials(state),
    },
    follows: follows ? before.id : null,
  };
}

function essentials(state: State): Record<string, unknown> {
  return {
    type: state.type,
    name: state.name,
    ...((state.message ?? '') !== '' && { message: state.message }),
    ...(state.type === 'PAUSED' && {
      pause_reschedule: String(state.state_details.pause_reschedule),
    }),
  };
}

function relatedResources(world: World, run: FlowRun): Record<string, string>[] {
  const flow = world.flows.get(run.flow_id);
  const deployment =
    run.deployment_id === null ? undefined : world.deployments.get(run.deployment_id);
  const queue = run.work_queue_id === null ? undefined : world.queues.get(run.work_queue_id);
  const pool = world.poolOfQueue(run.work_queue_id);
  const task =
    run.parent_task_run_id === null ? undefined : world.taskRuns.get(run.parent_task_run_id);
  const tags = [run, flow, deployment, task].flatMap((tagged) => tagged?.tags ?? []);
  return [
    ...resource('flow', flow),
    ...resource('deployment', deployment),
    ...resource('work-queue', queue),
    ...resource('work-pool', pool, pool && { 'prefect.work-pool.type': pool.type }),
    ...resource('task-run', task),
    ...[...new Set(tags)].sort().map((tag) => ({
      'prefect.resource.id': `prefect.tag.${tag}`,
      'prefect.resource.role': 'tag',
    })),
  ];
}

function resource(
  kind: string,
  row: { readonly id: string; readonly name: string } | undefined,
  more: Record<string, string> = {},
): Record<string, string>[] {
  if (row === undefined) return [];
  return [
    {
      'prefect.resource.id': `prefect.${kind}.${row.id}`,
      'prefect.resource.role': kind,
      'prefect.resource.name': row.name,
      ...more,
    },
  ];
}
