import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { asSentence, Outage } from '../kernel/outage.ts';

/** Logs how many flow run log lines could not be sent to Prefect. The console still has them. */
export class LostLogLines {
  readonly #outage: Outage;
  #lost = 0;

  constructor(ports: { readonly clock: Clock; readonly log: Logger }) {
    const advice =
      "Lost lines are missing from their run's log in Prefect; the worker's own log has them.";
    this.#outage = new Outage(
      { what: 'Sending flow run log lines', calls: 'batches', advice },
      ports,
    );
  }

  lost(count: number, reason: string): void {
    this.#lost += count;
    this.#outage.failed(
      new Error(`${asSentence(reason)} Lines lost so far: ${this.#lost.toLocaleString('en-US')}`),
    );
  }

  sent(): void {
    this.#lost = 0;
    this.#outage.succeeded();
  }
}
