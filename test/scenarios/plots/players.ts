import type { World, WorldWorker } from '../world.ts';
import { factsFor } from './circumstances.ts';
import type { Plot } from './plot.ts';

/** The two workers of a plot, each a line of processes that come one after another. */
export class Players {
  readonly #world: World;
  readonly #plot: Plot;
  readonly #observes: boolean;
  readonly #processes: readonly WorldWorker[][] = [[], []];

  /** `observes`: they hear of their tasks by events, too. */
  constructor(world: World, plot: Plot, observes: boolean) {
    this.#world = world;
    this.#plot = plot;
    this.#observes = observes;
  }

  get isOneName(): boolean {
    return this.#plot.circumstances?.some(({ kind }) => kind === 'one name') ?? false;
  }

  get count(): number {
    return this.#processes.flat().length;
  }

  latest(worker: number): WorldWorker | undefined {
    return this.#processes[worker]?.at(-1);
  }

  /** Starts a process unless one lives. */
  async start(worker: number): Promise<void> {
    const line = this.#processes[worker];
    const before = line?.at(-1);
    const isGone = before === undefined || before.outside.isDead || before.isDraining || before.hasEnded;
    if (!isGone) return;
    const environment = {
      PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: 'false',
      PREFECT_WORKER_QUERY_SECONDS: '45',
      PREFECT_WORKER_CANCELLATION_POLL_SECONDS: '45',
      PREFECT_WORKER_HEARTBEAT_SECONDS: '60',
    };
    const facts = factsFor(this.#plot, worker, before === undefined);
    line?.push(await this.#world.startWorker({ ...facts, environment, observes: this.#observes }));
  }

  killAll(): void {
    for (const process of this.#processes.flat()) process.kill();
  }

  thawAll(): void {
    for (const process of this.#processes.flat()) process.outside.thaw();
  }
}
