/**
 * The age below which ECS may not list or know a task yet. Below it "none" and "not found" mean
 * nothing: a run that is given up on them has a task running (aws-ecs.md B.4.1, worker.md 11.4).
 */
export const visibleAfterMs = 5 * 60_000;
