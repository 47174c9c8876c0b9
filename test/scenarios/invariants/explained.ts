import { told, type RunStory } from '../run-story.ts';

/** E4: every task belongs to a launch of a claim in the history, and no launch has two. */
export function unexplained(story: RunStory): readonly string[] {
  const claims = new Set(story.writes.flatMap(({ launchId }) => launchId ?? []));
  const seen = new Set<string>();
  return story.tasks.flatMap(({ taskArn, launchId, attempt }) => {
    const launch = `${launchId}/${attempt}`;
    const problems = [
      ...(claims.has(launchId) ? [] : [`E4: ${taskArn} belongs to no claim (${told(story)})`]),
      ...(seen.has(launch) ? [`E4: launch ${attempt} has two tasks (${told(story)})`] : []),
    ];
    seen.add(launch);
    return problems;
  });
}
