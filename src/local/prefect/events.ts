import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { JsonObject, Moment, Uuid, orNull } from './fields.ts';
import { timestampOfDate, type Timestamp } from './timestamps.ts';

const Resource = z
  .record(z.string(), z.string())
  .refine((resource) => (resource['prefect.resource.id'] ?? '') !== '', {
    error: 'Value error, Resources must include the prefect.resource.id label',
  });

const RelatedResource = Resource.refine((resource) => (resource['prefect.resource.role'] ?? '') !== '', {
  error: 'Value error, Related Resources must include the prefect.resource.role label',
});

/** An event as clients send it; keys that are not known are dropped. */
export const EventInput = z.object({
  id: Uuid,
  occurred: Moment,
  event: z.string(),
  resource: Resource,
  related: z.array(RelatedResource).default([]),
  payload: JsonObject.default({}),
  follows: orNull(Uuid),
});
export type EventInput = z.output<typeof EventInput>;

export interface ReceivedEvent extends EventInput {
  readonly received: Timestamp;
}

type Subscriber = (event: ReceivedEvent) => void;

const keptEvents = 10_000;

/** Everything that happened, and who wants to know of it at once. */
export class EventStream {
  readonly #clock: Clock;
  readonly #subscribers = new Set<Subscriber>();
  #events: ReceivedEvent[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Oldest first. */
  get all(): readonly ReceivedEvent[] {
    return this.#events;
  }

  receive(event: EventInput): void {
    const received = { ...event, received: timestampOfDate(this.#clock.now()) };
    this.#events.push(received);
    if (this.#events.length > keptEvents * 2) this.#events = this.#events.slice(-keptEvents);
    for (const subscriber of this.#subscribers) subscriber(received);
  }

  subscribe(subscriber: Subscriber): Disposable {
    this.#subscribers.add(subscriber);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(subscriber) };
  }
}
