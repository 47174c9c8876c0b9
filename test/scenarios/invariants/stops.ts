import { isFinal, told, type RunStory, type TaskLife } from '../run-story.ts';
import type { WitnessedCall } from '../witness.ts';

/** A look is trusted for 5 s, and with slow reads for a minute. */
const lookGoodForMs = 60_000;
/** The shortest start timeout of any scenario: a younger task cannot have missed it. */
const leastStartTimeoutMs = 20_000;

/**
 * I4: StopTask is called only for a task whose run was cancelled after its claim, that missed its
 * start timeout, or whose launch no longer counts. A look before the call may be a little old, so
 * this must have been true at a moment that such a look could show.
 */
export function wrongStops(story: RunStory): readonly string[] {
  return story.calls.flatMap((call) => {
    if (call.operation !== 'StopTask') return [];
    const task = story.tasks.find(({ taskArn }) => taskArn === call.taskArn);
    if (task === undefined || isWanted(task, call, story)) return [];
    const seconds = Math.round((call.atMs - task.createdMs) / 1000);
    return [`I4: StopTask without reason for a task ${seconds} s old (${told(story)})`];
  });
}

function isWanted(task: TaskLife, { atMs }: WitnessedCall, { writes }: RunStory): boolean {
  const isLate =
    atMs - task.createdMs >= leastStartTimeoutMs &&
    (task.diedMs === undefined || task.bornMs === undefined);
  const claimAt = writes.findIndex(({ launchId }) => launchId === task.launchId);
  const before = writes.filter((write) => write.atMs <= atMs);
  const since = before.slice(claimAt + 1);
  const next = since.findIndex(
    ({ launchId }) => launchId !== undefined && launchId !== task.launchId,
  );
  if (isLate || claimAt < 0 || next >= 0) return true;
  return since.some(
    (write, at) =>
      write.state.type === 'CANCELLED' ||
      ((since[at + 1]?.atMs ?? Infinity) >= atMs - lookGoodForMs &&
        (write.state.type === 'CANCELLING' || isOver(write))) ||
      isHigherLaunch(write.state.name, task.attempt),
  );
}

const isOver = (write: RunStory['writes'][number]): boolean =>
  isFinal(write) || write.state.type === 'SCHEDULED';

function isHigherLaunch(name: string, attempt: number): boolean {
  return Number(/^AwaitingCapacity (\d+)$/.exec(name)?.[1] ?? 0) > attempt;
}
