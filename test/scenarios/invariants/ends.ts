import { finalTypes, told, type RunStory } from '../run-story.ts';

/** E1: with no fault for half an hour a run is final, or paused or suspended. */
export function neverEnded(story: RunStory): readonly string[] {
  const { type } = story.run.state;
  return finalTypes.includes(type) || type === 'PAUSED' ? [] : [`E1: never ended (${told(story)})`];
}

/** E2: a run that is final has no alive task (I17: its end was told by somebody). */
export function tasksLeft(story: RunStory): readonly string[] {
  if (!finalTypes.includes(story.run.state.type)) return [];
  const left = story.tasks.filter(
    ({ stoppedMs, isVanished }) => stoppedMs === Infinity && !isVanished,
  );
  return left.map(({ taskArn }) => `E2: ${taskArn} lives, and its run is over (${told(story)})`);
}

/** E3: no slot of a deployment is held for a run that is over. */
export function slotsLeft(stories: readonly RunStory[], slots: number): readonly string[] {
  const isOver = stories.every(({ run }) => finalTypes.includes(run.state.type));
  return isOver && slots > 0 ? [`E3: ${slots} slots of the deployment are held for nobody`] : [];
}
