import type { Log } from './records.ts';

type Subscriber = (log: Log) => void;

/** Log lines as they arrive. Subscribers receive no earlier ones. */
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
