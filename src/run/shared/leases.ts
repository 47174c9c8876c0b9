import { toError } from '../../kernel/errors.ts';
import { AbortFlag } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';
import type { FlowRunReader } from './flow-run-reader.ts';

/** A slot of a deployment's concurrency limit, held for a run that has not started yet. */
export interface Lease {
  readonly leaseId: string;
  readonly flowRunId: string;
  readonly log: Logger;
}

interface Held extends Lease {
  dueMs: number;
  readonly loss: AbortFlag;
}

/** A lease that is being renewed, until disposed of. */
export interface HeldLease extends Disposable {
  /** Aborts when Prefect has given the slot away. */
  readonly lost: AbortFlag;
}

/** A lease lasts 300 s, and is renewed three times as often (worker.md 0.4.5). */
export const renewEveryMs = 100_000;
const renewForSeconds = 300;

/** One loop looks after all leases: how often it wakes bounds how late a renewal may be. */
const lookEveryMs = 10_000;

export interface LeasePorts {
  readonly prefect: Pick<PrefectApi, 'renewConcurrencyLease'>;
  readonly flowRuns: Pick<FlowRunReader, 'read'>;
  readonly clock: Clock;
}

/**
 * Renews the concurrency leases of claimed runs until they are Running or final: the server forgets
 * a lease that nobody renews, and then turns the run's start into a cancellation.
 */
export class Leases {
  readonly #ports: LeasePorts;
  readonly #held = new Set<Held>();

  constructor(ports: LeasePorts) {
    this.#ports = ports;
  }

  /** Holds a lease until disposed of, or until its run needs it no more. */
  hold(lease: Lease): HeldLease {
    const loss = new AbortFlag();
    const held: Held = { ...lease, dueMs: this.#ports.clock.monotonicMs() + renewEveryMs, loss };
    this.#held.add(held);
    return { lost: loss, [Symbol.dispose]: () => void this.#held.delete(held) };
  }

  /**
   * Before anything else is done for a run that is taken over: a renewal is harmless from anybody.
   */
  async renewNow(leaseId: string, log: Logger, signal: AbortSignal): Promise<void> {
    try {
      await this.#ports.prefect.renewConcurrencyLease(leaseId, renewForSeconds, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.debug('Could not renew the concurrency lease', { error: toError(error).message });
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#ports.clock.sleep(lookEveryMs, signal);
      const nowMs = this.#ports.clock.monotonicMs();
      const due = [...this.#held].filter((held) => held.dueMs <= nowMs);
      await Promise.all(due.map((held) => this.#renew(held, signal)));
    }
  }

  async #renew(held: Held, signal: AbortSignal): Promise<void> {
    try {
      const { flowRun } = await this.#ports.flowRuns.read(held.flowRunId);
      if (flowRun?.stateType !== 'PENDING' && flowRun?.stateType !== 'SCHEDULED') {
        this.#held.delete(held);
        return;
      }
      const leaseId = flowRun.state?.deploymentConcurrencyLeaseId ?? held.leaseId;
      const answer = await this.#ports.prefect.renewConcurrencyLease(
        leaseId,
        renewForSeconds,
        signal,
      );
      held.dueMs = this.#ports.clock.monotonicMs() + renewEveryMs;
      if (answer === 'renewed') return;
      this.#held.delete(held);
      held.log.warning(
        'The run lost its deployment concurrency slot. If its task starts anyway, ' +
          'Prefect cancels the run unless a slot is free by then.',
      );
      held.loss.abort(new Cancelled('the lease was lost'));
    } catch (error) {
      signal.throwIfAborted();
      held.log.debug('Could not renew the concurrency lease', { error: toError(error).message });
    }
  }
}
