/**
 * ECS may not show, and not know, a task that is younger: until then "none" and "not found" mean
 * nothing (aws-ecs.md B.4, worker.md 11.4).
 */
export const visibleAfterMs = 5 * 60_000;
