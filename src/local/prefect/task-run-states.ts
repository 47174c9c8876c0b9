import { timingAfter } from './orchestration/bookkeeping.ts';
import type { FlowRun, TaskRun } from './records.ts';
import { withDetails, type State } from './state.ts';
import type { World } from './world.ts';

/** Writes a task run's state without any rule: engine 3.8.8 itself decides on its tasks. */
export function setTaskState(world: World, task: TaskRun, proposed: State): TaskRun {
  const state = withDetails(proposed, { flow_run_id: task.flow_run_id, task_run_id: task.id });
  return world.taskRuns.put({
    ...task,
    ...timingAfter(task, task.state ?? undefined, state),
    run_count: state.type === 'RUNNING' ? task.run_count + 1 : task.run_count,
    state,
    updated: world.now(),
  });
}

/** A subflow's parent task mirrors the subflow's state. */
export function setParentTaskState(world: World, run: FlowRun): void {
  const task =
    run.parent_task_run_id === null ? undefined : world.taskRuns.get(run.parent_task_run_id);
  if (task === undefined) return;
  const state = { ...run.state, id: world.ids.ordered(), timestamp: world.now() };
  setTaskState(world, task, withDetails(state, { child_flow_run_id: run.id }));
}
