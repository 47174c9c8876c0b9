import { whenAborted, type AbortSource } from './abort.ts';

const nobody = (): void => undefined;

/**
 * Something that was said and may be said again: a level that somebody has to look at, not an edge
 * that can be missed. For what thousands of tasks hold while they run; one waits at a time.
 */
export class Wake {
  #isRaised = false;
  #listener: () => void = nobody;

  raise(): void {
    this.#isRaised = true;
    this.#listener();
  }

  /** Whether it was raised since it was last taken. */
  take(): boolean {
    const wasRaised = this.#isRaised;
    this.#isRaised = false;
    return wasRaised;
  }

  /** Calls back at once if it is raised, and at every raise until what it returns is called. */
  listen(listener: () => void): () => void {
    this.#listener = listener;
    if (this.#isRaised) listener();
    return () => {
      if (this.#listener === listener) this.#listener = nobody;
    };
  }

  /** Waits until it is raised, and takes it; false: `over` aborted first. */
  async taken(over: AbortSource): Promise<boolean> {
    const detachers: (() => void)[] = [];
    await new Promise<void>((resolve) => {
      detachers.push(this.listen(resolve), whenAborted(over, resolve));
    });
    for (const detach of detachers) detach();
    return !over.aborted && this.take();
  }
}
