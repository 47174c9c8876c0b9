import type { Clock } from '../../kernel/clock.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { Logger } from '../../kernel/logger.ts';

const saidAgainMs = 10 * 60_000;
/** Records that were already reported. An upper bound, not a target. */
const remembered = 1_000;

/**
 * Logs records that are skipped, each once in ten minutes, because every poll returns them again.
 */
export class OddRecords {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #said = new LruMap<string, number>(remembered);

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  tell(record: string, words: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - (this.#said.get(record) ?? -Infinity) < saidAgainMs) return;
    this.#said.set(record, nowMs);
    this.#log.warning(
      `Prefect returned a record that the worker cannot read and skips. ${record}: ${words}`,
    );
  }

  tellOfRun(id: string | undefined, words: string): void {
    this.tell(id === undefined ? 'A flow run without a readable id' : `Flow run '${id}'`, words);
  }
}
