import type { FlowRun, Timing } from '../records.ts';
import { isFinal, withDetails, type State } from '../state.ts';
import { microsOf, secondsBetween, timestampOf } from '../timestamps.ts';
import { withPolicy, type Draft, type Situation } from './rule.ts';

/**
 * The server's `global_policy.py`: how a written state changes its run. Returns the state as
 * written.
 */
export function bookkeeping(
  draft: Draft,
  proposed: State,
  situation: Situation,
  taken: ReadonlySet<string>,
): State {
  const { run } = draft;
  const state = withDetails(
    { ...proposed, timestamp: freeTimestamp(proposed.timestamp, taken) },
    {
      flow_run_id: run.id,
      ...(run.parent_task_run_id !== null && { task_run_id: run.parent_task_run_id }),
    },
  );
  const isResuming = run.empirical_policy.resuming === true;
  const timing = timingAfter(run, situation.initial, state);
  draft.run = {
    ...run,
    ...timing,
    run_count: state.type === 'RUNNING' && !isResuming ? run.run_count + 1 : run.run_count,
    state,
  };
  if (isResuming && (state.type === 'RUNNING' || isFinal(state.type))) {
    draft.run = withPolicy(draft.run, { resuming: false });
  }
  return state;
}

function freeTimestamp(wanted: string, taken: ReadonlySet<string>): string {
  let candidate = wanted;
  while (taken.has(candidate)) candidate = timestampOf(microsOf(candidate) + 1);
  return candidate;
}

type Times = Omit<Timing, 'run_count'>;

/** `initial` undefined: the run's first state. */
export function timingAfter(run: Timing, initial: State | undefined, state: State): Times {
  return {
    expected_start_time:
      run.expected_start_time ??
      (state.type === 'SCHEDULED' ? state.state_details.scheduled_time : state.timestamp),
    next_scheduled_start_time: nextScheduled(run, initial, state),
    ...startAndEnd(run, initial, state),
    total_run_time:
      initial?.type === 'RUNNING'
        ? round6(run.total_run_time + secondsBetween(initial.timestamp, state.timestamp))
        : run.total_run_time,
  };
}

function nextScheduled(run: Timing, initial: State | undefined, state: State): string | null {
  if (state.type === 'SCHEDULED') return state.state_details.scheduled_time;
  return initial?.type === 'SCHEDULED' ? null : run.next_scheduled_start_time;
}

function startAndEnd(
  run: Timing,
  initial: State | undefined,
  state: State,
): Pick<Timing, 'start_time' | 'end_time'> {
  const start = state.type === 'RUNNING' ? (run.start_time ?? state.timestamp) : run.start_time;
  const leavesFinal = initial !== undefined && isFinal(initial.type) && !isFinal(state.type);
  const end = leavesFinal ? null : run.end_time;
  if (!isFinal(state.type) || end !== null) return { start_time: start, end_time: end };
  return { start_time: start ?? state.timestamp, end_time: state.timestamp };
}

/** Microseconds, as Python's timedelta counts. */
function round6(seconds: number): number {
  return Math.round(seconds * 1_000_000) / 1_000_000;
}

/** The same for a run that is created with its first state. */
export function firstState(run: Omit<FlowRun, 'state'>, state: State): FlowRun {
  const own = withDetails(state, {
    flow_run_id: run.id,
    ...(run.parent_task_run_id !== null && { task_run_id: run.parent_task_run_id }),
  });
  return {
    ...run,
    ...timingAfter(run, undefined, own),
    run_count: own.type === 'RUNNING' ? run.run_count + 1 : run.run_count,
    state: own,
  };
}
