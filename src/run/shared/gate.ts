import type { Needs } from '../../core/breaker/hold-key.ts';
import { whyHeld } from '../../core/breaker/hold-words.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { WorkerError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { HeldKey, Probe } from './held-key.ts';

/** A run and what it asks for, which may be denied. */
export interface Asking {
  readonly flowRun: Pick<FlowRun, 'id'>;
  readonly needs: Needs;
  /** The run's own log, with its secrets redacted. */
  readonly log: Logger;
  /** False: its claim was adopted, and is never crashed for a denial (worker.md 8.5.2). */
  readonly isCounted: boolean;
  /** Asked once a key. */
  readonly probe: () => Probe | undefined;
}

/** The run must not be prepared or launched now. It is not the run's fault. */
export class HeldBackError extends WorkerError {
  override readonly name = 'HeldBackError';
  readonly held: HeldKey;

  constructor(held: HeldKey) {
    super(whyHeld(held.facts));
    this.held = held;
  }
}

/**
 * Makes a call of the preparation, unless the run is held back. Detects what must hold back other
 * runs, too.
 */
export type Gate = <T>(operation: string, call: () => Promise<T>) => Promise<T>;

/** Lets every call through. */
export const openGate: Gate = (_operation, call) => call();
