import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { JsonObject, Moment, Uuid, orNull } from './fields.ts';
import { timestampOfDate, type Timestamp } from './timestamps.ts';

const Resource = z
  .record(z.string(), z.string())
  .refine((resource) => (resource['prefect.resource.id'] ?? '') !== '', {
    error: 'Value error, Resources must include the prefect.resource.id label',
  });

const RelatedResource = Resource.refine(
  (resource) => (resource['prefect.resource.role'] ?? '') !== '',
  {
    error: 'Value error, Related Resources must include the prefect.resource.role label',
  },
);

/** @internal Unknown keys are dropped. */
export const EventInput = z.object({
  id: Uuid,
  occurred: Moment,
  event: z.string(),
  resource: Resource,
  related: z.array(RelatedResource).default([]),
  payload: JsonObject.default({}),
  follows: orNull(Uuid),
});

/** An event as clients send it. */
export interface EventInput {
  readonly id: string;
  readonly occurred: Timestamp;
  readonly event: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly related: readonly Readonly<Record<string, string>>[];
  readonly payload: Readonly<Record<string, unknown>>;
  readonly follows: string | null;
}

export interface ReceivedEvent extends EventInput {
  readonly received: Timestamp;
}

type Subscriber = (event: ReceivedEvent) => void;

const keptEvents = 10_000;

/**
 * All events and their subscribers. Thousands subscribe to one name each (every engine to its own
 * cancellation), so both are indexed by name.
 */
export class EventStream {
  readonly #clock: Clock;
  readonly #byName = new Map<string, ReceivedEvent[]>();
  readonly #subscribers = new Map<string | undefined, Set<Subscriber>>();
  #events: ReceivedEvent[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Oldest first. */
  get all(): readonly ReceivedEvent[] {
    return this.#events;
  }

  /** Events of these names, or all. */
  named(names: readonly string[] | undefined): readonly ReceivedEvent[] {
    return names === undefined
      ? this.#events
      : names.flatMap((name) => this.#byName.get(name) ?? []);
  }

  receive(event: EventInput): void {
    const received = { ...event, received: timestampOfDate(this.#clock.now()) };
    this.#events = appended(this.#events, received);
    this.#byName.set(event.event, appended(this.#byName.get(event.event) ?? [], received));
    for (const name of [event.event, undefined]) {
      for (const subscriber of this.#subscribers.get(name) ?? []) subscriber(received);
    }
  }

  subscribe(subscriber: Subscriber, names?: readonly string[]): Disposable {
    const keys = names ?? [undefined];
    for (const key of keys) {
      const set = this.#subscribers.get(key) ?? new Set();
      this.#subscribers.set(key, set.add(subscriber));
    }
    return {
      [Symbol.dispose]: () => {
        for (const key of keys) this.#subscribers.get(key)?.delete(subscriber);
      },
    };
  }
}

function appended(events: ReceivedEvent[], event: ReceivedEvent): ReceivedEvent[] {
  events.push(event);
  return events.length > keptEvents * 2 ? events.slice(-keptEvents) : events;
}
