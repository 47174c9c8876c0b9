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

/** A lease that is renewed until disposed of. */
export interface HeldLease extends Disposable {
  /** Aborts when Prefect has given the slot away. */
  readonly lost: AbortFlag;
}

/** A lease lasts 300 s and is renewed three times in that time (worker.md 0.4.5). */
export const renewEveryMs = 100_000;
const renewForSeconds = 300;

/** How often the one loop looks at all leases: a renewal may be this late. */
const lookEveryMs = 10_000;

export interface LeasePorts {
  readonly prefect: Pick<PrefectApi, 'renewConcurrencyLease'>;
  readonly flowRuns: Pick<FlowRunReader, 'read'>;
  readonly clock: Clock;
}

/**
 * Renews the concurrency leases of claimed runs until they are Running or final. Without that, the
 * server drops the lease after 300 s and then cancels the run when it starts. A lost lease is
 * reported through `lost` and never taken again: its slot may already be another run's.
 */
export class Leases {
  readonly #ports: LeasePorts;
  readonly #held = new Set<Held>();

  constructor(ports: LeasePorts) {
    this.#ports = ports;
  }

  /** Renews a lease until it is disposed of, or until its run no longer needs it. */
  hold(lease: Lease): HeldLease {
    const loss = new AbortFlag();
    const held: Held = { ...lease, dueMs: this.#ports.clock.monotonicMs() + renewEveryMs, loss };
    this.#held.add(held);
    return { lost: loss, [Symbol.dispose]: () => void this.#held.delete(held) };
  }

  /**
   * Renews once, before anything else is done to adopt the run. A renewal by any process is
   * harmless.
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
