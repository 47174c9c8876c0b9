/**
 * Where the parts of a worker say that it cannot do its work at all, and why: one reason a key,
 * until it is withdrawn. What concerns some runs alone is no reason (worker.md 8.5.3, 8.5.5,
 * 9.11.7).
 */
export interface ReadinessReasons {
  /** Idempotent; a newer text replaces the one before. */
  block(key: string, reason: string): void;
  unblock(key: string): void;
}
