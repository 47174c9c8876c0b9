import { told, type RunStory, type TaskLife, type Write } from '../run-story.ts';

/**
 * I1: no run has two living tasks, with two exceptions. A user set a state while the older task
 * lived, and the newer claim followed it. Or a launch came too late and its task is stopped before
 * its process starts.
 */
export function twoTasks(story: RunStory): readonly string[] {
  return overlaps(story, aliveOf)
    .filter(([older, newer]) => !isStoppedUnborn(older, story) && !isStoppedUnborn(newer, story))
    .map(
      ([older, newer]) => `I1: ${older.taskArn} and ${newer.taskArn} live at once (${told(story)})`,
    );
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const aliveOf = ({ createdMs, lifelessMs, isVanished }: TaskLife): Span | undefined =>
  isVanished ? undefined : { fromMs: createdMs, toMs: lifelessMs };

/** Pairs of tasks that overlap although no user asked for it; the older one first. */
export function overlaps(
  story: RunStory,
  spanOf: (task: TaskLife) => Span | undefined,
): readonly (readonly [TaskLife, TaskLife])[] {
  return story.tasks.flatMap((older, at) =>
    story.tasks.slice(at + 1).flatMap((newer): readonly (readonly [TaskLife, TaskLife])[] => {
      const [first, second] = [spanOf(older), spanOf(newer)];
      if (first === undefined || second === undefined) return [];
      const isApart = first.toMs <= second.fromMs || second.toMs <= first.fromMs;
      return isApart || isAskedFor(older, newer, story) ? [] : [[older, newer] as const];
    }),
  );
}

/** Whether a user or the older process itself rescheduled the run while that task lived. */
function isAskedFor(older: TaskLife, newer: TaskLife, { writes }: RunStory): boolean {
  const claims = [older, newer].map(({ launchId }) =>
    writes.findIndex((write) => write.launchId === launchId),
  );
  const [from = -1, to = -1] = claims.sort((one, other) => one - other);
  return from !== to && writes.slice(from + 1, to).some(startsAgain);
}

const startsAgain = ({ by, isRestored, state }: Write): boolean =>
  state.type === 'SCHEDULED' && (by === 'user' || by === 'process' || isRestored);

/** Whether the task was stopped before any user code ran in it. */
export function isStoppedUnborn({ taskArn, bornMs }: TaskLife, { calls }: RunStory): boolean {
  return (
    bornMs === undefined &&
    calls.some((call) => call.operation === 'StopTask' && call.taskArn === taskArn)
  );
}
