import type { WorkerRecord } from '../prefect/worker-record.ts';
import { longestSilenceMs } from './peer-records.ts';

export type OwnRecord = Pick<WorkerRecord, 'id' | 'lastHeartbeatTime'> | undefined;

/**
 * Heartbeats under our own name that were not ours. The record is read directly before and directly
 * after each of our heartbeats; a value that changed between two of ours was sent by another
 * process. This speaks for all other processes of the name together, since the record does not say
 * which of them it was (worker.md L2).
 */
export class OwnNameHeartbeats {
  readonly #silenceMs: number;
  /**
   * Our record after our last heartbeat. Undefined: there is none, or something else may have come
   * after ours.
   */
  #ours: NonNullable<OwnRecord> | undefined;
  /** The start of the current gapless time without another process's heartbeat. */
  #silentSinceMs: number | undefined;
  #readAtMs: number | undefined;
  #heardAtMs: number | undefined;

  constructor(intervalSeconds: number) {
    this.#silenceMs = longestSilenceMs(intervalSeconds);
  }

  /** When another process of our name sent a heartbeat last. */
  get heardAtMs(): number | undefined {
    return this.#heardAtMs;
  }

  /**
   * A reading while no heartbeat of ours is on its way. `replaced`: our record is gone or is
   * another one, so a process of our name signed off, or somebody deleted it (worker.md
   * 9.8.6).
   */
  read(record: OwnRecord, nowMs: number): 'nothing-new' | 'heard' | 'replaced' {
    if (this.#ours === undefined) return 'nothing-new';
    if (record?.id !== this.#ours.id) {
      this.lost();
      return 'replaced';
    }
    this.#readAtMs = nowMs;
    if (record.lastHeartbeatTime === this.#ours.lastHeartbeatTime) return 'nothing-new';
    this.#ours = record;
    this.#heardAtMs = nowMs;
    this.#silentSinceMs = nowMs;
    return 'heard';
  }

  /**
   * A reading directly after one of our heartbeats. `replaced`: the record is missing or is another
   * one, because a process of our name signed off between the two readings.
   */
  sent(record: OwnRecord, nowMs: number): 'nothing-new' | 'replaced' {
    const before = this.#ours;
    if (record === undefined) {
      this.lost();
      return before === undefined ? 'nothing-new' : 'replaced';
    }
    this.#ours = record;
    this.#readAtMs = nowMs;
    this.#silentSinceMs ??= nowMs;
    return before === undefined || before.id === record.id ? 'nothing-new' : 'replaced';
  }

  /** It is unknown when or whether our heartbeat arrived: the next change may be ours. */
  lost(): void {
    this.#ours = undefined;
    this.#silentSinceMs = undefined;
  }

  /**
   * No other process's heartbeat for a little more than three intervals, and no act at `actedAtMs`.
   */
  isSilentSince(actedAtMs: number | undefined): boolean {
    if (this.#silentSinceMs === undefined || this.#readAtMs === undefined) return false;
    return (
      this.#readAtMs - Math.max(this.#silentSinceMs, actedAtMs ?? -Infinity) >= this.#silenceMs
    );
  }
}
