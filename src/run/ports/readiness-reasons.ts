/**
 * Where the parts of a worker report that it cannot work at all, and why: one reason a key, until
 * it is withdrawn. What concerns single runs is no reason: a container that works would be taken
 * out of service (worker.md 8.5.3, 8.5.5, 9.11.7).
 */
export interface ReadinessReasons {
  /** Idempotent; a newer text replaces the one before. */
  block(key: string, reason: string): void;
  unblock(key: string): void;
}
