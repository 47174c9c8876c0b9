import { finalTypes, told, type RunStory } from '../run-story.ts';

/** E1: after half an hour without a fault a run is final, paused or suspended. */
export function neverEnded(story: RunStory): readonly string[] {
  const { type } = story.run.state;
  return finalTypes.includes(type) || type === 'PAUSED' ? [] : [`E1: never ended (${told(story)})`];
}

/** E2: a final run has no living task (I17: some component reported its end). */
export function tasksLeft(story: RunStory): readonly string[] {
  if (!finalTypes.includes(story.run.state.type)) return [];
  const left = story.tasks.filter(
    ({ stoppedMs, isVanished }) => stoppedMs === Infinity && !isVanished,
  );
  return left.map(({ taskArn }) => `E2: ${taskArn} lives, and its run is over (${told(story)})`);
}

/** E3: no run that is over holds a slot of its deployment. */
export function slotsLeft(stories: readonly RunStory[], slots: number): readonly string[] {
  const isOver = stories.every(({ run }) => finalTypes.includes(run.state.type));
  return isOver && slots > 0 ? [`E3: ${slots} slots of the deployment are held without a run`] : [];
}
