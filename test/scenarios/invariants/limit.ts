import { parseStartedBy } from '../../../src/core/claim/launch-mark.ts';
import type { RunStory, TaskLife } from '../run-story.ts';
import { isStoppedUnborn } from './one-task.ts';

interface Launched extends TaskLife {
  /** The process whose RunTask started it. */
  readonly process: number;
}

/**
 * I8: of the tasks that a process claimed and started, no more live at once than its limit. Tasks
 * of released runs count as well.
 */
export function beyondLimit(stories: readonly RunStory[], limit: number): readonly string[] {
  const byProcess = new Map<number, Launched[]>();
  for (const task of stories.flatMap(launchedIn))
    byProcess.set(task.process, [...(byProcess.get(task.process) ?? []), task]);
  return [...byProcess].flatMap(([process, tasks]) => {
    const most = mostAtOnce(tasks);
    return most > limit
      ? [`I8: process ${process} has ${most} tasks at once, beyond its limit of ${limit}`]
      : [];
  });
}

/** I8 across processes: for plots in which each process was killed before the next one began. */
export function beyondLimitOfOne(stories: readonly RunStory[], limit: number): readonly string[] {
  const most = mostAtOnce(stories.flatMap(({ tasks }) => tasks));
  return most > limit
    ? [`I8: ${most} tasks at once, beyond the limit of ${limit} of one worker`]
    : [];
}

function launchedIn(story: RunStory): readonly Launched[] {
  return story.tasks.flatMap((task) => {
    if (task.isVanished || isStoppedUnborn(task, story)) return [];
    const call = story.calls.findLast(({ operation, startedBy, atMs }) => {
      const mark = operation === 'RunTask' ? parseStartedBy(startedBy) : undefined;
      return (
        mark?.launchId === task.launchId && mark.attempt === task.attempt && atMs <= task.createdMs
      );
    });
    // An adopter's launches do not count: it repeats the claim's RunTask to find out whether the
    // task runs already, even at its limit.
    const claim = story.writes.find(({ launchId }) => launchId === task.launchId);
    return call === undefined || call.process !== claim?.process
      ? []
      : [{ ...task, process: call.process }];
  });
}

function mostAtOnce(tasks: readonly TaskLife[]): number {
  const alive = tasks.filter(({ isVanished }) => !isVanished);
  return Math.max(
    0,
    ...alive.map(
      ({ createdMs: atMs }) =>
        alive.filter(({ createdMs, lifelessMs }) => createdMs <= atMs && atMs < lifelessMs).length,
    ),
  );
}
