/**
 * Reasons why the worker cannot work at all, one per key, until withdrawn. A problem of single runs
 * is not a reason: a container that works would be taken out of service (worker.md 8.5.3, 8.5.5,
 * 9.11.7).
 */
export interface ReadinessReasons {
  /** Idempotent. A newer text replaces the one before. */
  block(key: string, reason: string): void;
  unblock(key: string): void;
}
