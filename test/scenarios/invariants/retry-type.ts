import { told, type RunStory } from '../run-story.ts';

/**
 * I15: once all has settled, no run is SCHEDULED for a process that is gone. Prefect would never
 * offer such a run to a worker.
 */
export function strandedRetries(story: RunStory): readonly string[] {
  const { run, tasks } = story;
  if (run.state.type !== 'SCHEDULED' || run.empirical_policy.retry_type !== 'in_process') return [];
  const lives = tasks.some(({ stoppedMs, isVanished }) => stoppedMs === Infinity && !isVanished);
  return lives ? [] : [`I15: ${run.state.name} for a process that is gone (${told(story)})`];
}
