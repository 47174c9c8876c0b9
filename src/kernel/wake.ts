import { whenAborted, type AbortSource } from './abort.ts';

const nobody = (): void => undefined;

/**
 * A flag to wait for. It stays raised until taken, so that a wake-up between two waits is not lost.
 * Small, because thousands of running tasks hold one. One waiter at a time.
 */
export class Wake {
  #isRaised = false;
  #listener: () => void = nobody;

  raise(): void {
    this.#isRaised = true;
    this.#listener();
  }

  /** Whether it was raised since it was taken last. */
  take(): boolean {
    const wasRaised = this.#isRaised;
    this.#isRaised = false;
    return wasRaised;
  }

  /** Calls back now if it is raised, and at every raise. Call the result to stop. */
  listen(listener: () => void): () => void {
    this.#listener = listener;
    if (this.#isRaised) listener();
    return () => {
      if (this.#listener === listener) this.#listener = nobody;
    };
  }

  /** Waits until it is raised and takes it. False if `over` aborted first. */
  async taken(over: AbortSource): Promise<boolean> {
    const detachers: (() => void)[] = [];
    await new Promise<void>((resolve) => {
      detachers.push(this.listen(resolve), whenAborted(over, resolve));
    });
    for (const detach of detachers) detach();
    return !over.aborted && this.take();
  }
}
