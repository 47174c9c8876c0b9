import { told, type RunStory } from '../run-story.ts';

/** A lease lasts 300 s. */
const longestGapMs = 290_000;

/**
 * I7: while a run is Pending, its claim's lease is renewed at least every 290 s. Applies only to
 * plots in which no worker dies or is paused.
 */
export function lapsedLeases(
  story: RunStory,
  renewals: ReadonlyMap<string, readonly number[]>,
): readonly string[] {
  return story.writes.flatMap((claim, at) => {
    const lease =
      claim.launchId === undefined
        ? null
        : claim.state.state_details.deployment_concurrency_lease_id;
    if (lease === null || lease === undefined) return [];
    const over = story.writes.slice(at + 1).find(({ state }) => state.type !== 'PENDING');
    const endMs = over?.atMs ?? story.nowMs;
    const times = [claim.atMs, ...(renewals.get(lease) ?? []).filter((ms) => ms < endMs), endMs];
    const gaps = times.slice(1).map((ms, nth) => ms - (times[nth] ?? 0));
    return Math.max(...gaps) > longestGapMs
      ? [`I7: a lease was not renewed for 290 s (${told(story)})`]
      : [];
  });
}
