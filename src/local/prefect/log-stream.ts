import type { Log } from './records.ts';

type Subscriber = (log: Log) => void;

/** Lines as they arrive, for those who look on. What came before they hear nothing of. */
export class LogStream {
  readonly #subscribers = new Set<Subscriber>();

  publish(log: Log): void {
    for (const subscriber of this.#subscribers) subscriber(log);
  }

  subscribe(subscriber: Subscriber): Disposable {
    this.#subscribers.add(subscriber);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(subscriber) };
  }
}
