/** How a worker's open channel reacts when its pool changes or cleanup work waits. */
export interface Channel {
  readonly poolId: string;
  poolChanged(reason: string): void;
  poolDeleted(): void;
  cleanupWaits(): void;
}

/** The open worker channels. */
export class Channels {
  readonly #open = new Set<Channel>();

  open(channel: Channel): Disposable {
    this.#open.add(channel);
    return { [Symbol.dispose]: () => void this.#open.delete(channel) };
  }

  poolChanged(poolId: string, reason: string): void {
    for (const channel of this.#of(poolId)) channel.poolChanged(reason);
  }

  poolDeleted(poolId: string): void {
    for (const channel of this.#of(poolId)) channel.poolDeleted();
  }

  cleanupWaits(poolId: string): void {
    for (const channel of this.#of(poolId)) channel.cleanupWaits();
  }

  #of(poolId: string): readonly Channel[] {
    return [...this.#open].filter((channel) => channel.poolId === poolId);
  }
}
