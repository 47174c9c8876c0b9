import type { WorldWorker } from '../world-worker.ts';
import type { World } from '../world.ts';
import { factsFor } from './circumstances.ts';
import type { Plot } from './plot.ts';

export interface PlayOptions {
  /** The workers also observe their tasks' events. */
  readonly observes: boolean;
  /** The checkout whose code the second worker runs. Default: this one. */
  readonly olderCheckout?: string | undefined;
}

const olderWorker = 1;

/** The two workers of a plot, each a sequence of processes. */
export class Players {
  readonly #world: World;
  readonly #plot: Plot;
  readonly #options: PlayOptions;
  readonly #processes: readonly WorldWorker[][] = [[], []];

  constructor(world: World, plot: Plot, options: PlayOptions) {
    this.#world = world;
    this.#plot = plot;
    this.#options = options;
  }

  get count(): number {
    return this.#processes.flat().length;
  }

  latest(worker: number): WorldWorker | undefined {
    return this.#processes[worker]?.at(-1);
  }

  /** Starts a process unless the worker has a living one. */
  async start(worker: number): Promise<void> {
    const line = this.#processes[worker];
    const before = line?.at(-1);
    const isGone =
      before === undefined || before.outside.isDead || before.isDraining || before.hasEnded;
    if (!isGone) return;
    const environment = {
      PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: 'false',
      PREFECT_WORKER_QUERY_SECONDS: '45',
      PREFECT_WORKER_CANCELLATION_POLL_SECONDS: '45',
      PREFECT_WORKER_HEARTBEAT_SECONDS: '60',
    };
    const facts = factsFor(this.#plot, worker, before === undefined);
    const { observes, olderCheckout } = this.#options;
    const checkout = worker === olderWorker ? olderCheckout : undefined;
    line?.push(await this.#world.startWorker({ ...facts, environment, observes, checkout }));
  }

  thawAll(): void {
    for (const process of this.#processes.flat()) process.outside.thaw();
  }
}
