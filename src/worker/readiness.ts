import type { Logger } from '../kernel/logger.ts';
import type { ReadinessReasons } from '../run/ports/readiness-reasons.ts';

export type ReadinessAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'not-ready'; readonly reasons: readonly string[] };

/**
 * Whether the worker can work, and the reasons why not, in one place: the health endpoint and the
 * log must not disagree. Logs each change (worker.md 9.11.7).
 */
export class Readiness implements ReadinessReasons {
  readonly #log: Logger;
  readonly #reasons = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  block(key: string, reason: string): void {
    if (this.#reasons.get(key) === reason) return;
    const isNew = !this.#reasons.has(key);
    this.#reasons.set(key, reason);
    if (isNew) this.#log.warning(`The worker is not ready: ${reason}`);
  }

  unblock(key: string): void {
    const reason = this.#reasons.get(key);
    if (reason === undefined) return;
    this.#reasons.delete(key);
    if (this.#reasons.size === 0) this.#log.info('The worker is ready again.');
    else this.#log.info(`This no longer keeps the worker from being ready: ${reason}`);
  }

  readiness(): ReadinessAnswer {
    return this.#reasons.size === 0
      ? { kind: 'ready' }
      : { kind: 'not-ready', reasons: [...this.#reasons.values()] };
  }
}
