import { z } from 'zod';
import type { SocketEnd } from '../sockets.ts';
import type { ReceivedEvent } from './events.ts';
import { EventFilter, matchesEvent } from './filters/event-filter.ts';
import { parseJson } from './prefect-socket.ts';
import { plusSeconds } from './timestamps.ts';
import type { World } from './world.ts';

const FilterMessage = z.looseObject({
  type: z.literal('filter'),
  backfill: z.boolean().default(true),
  filter: z.unknown(),
});
const protocolError = 1002;
/** `PREFECT_EVENTS_MAXIMUM_WEBSOCKET_BACKFILL`. */
const backfillSeconds = 900;

/** Events from now on that match the client's filter, and those of the last 15 minutes before them. */
export function serveEventsOut(world: World, socket: SocketEnd): void {
  let subscription: Disposable | undefined;
  socket.onClose(() => subscription?.[Symbol.dispose]());
  socket.onMessage((text) => {
    if (subscription !== undefined) return;
    const message = FilterMessage.safeParse(parseJson(text));
    if (!message.success) return socket.close(protocolError, "Expected 'filter' message");
    const filter = EventFilter.safeParse(message.data.filter);
    // The real server closes with the whole complaint as its reason, which is too long for one: the connection breaks.
    if (!filter.success) return socket.terminate();
    const wanted = clamped(world, filter.data);
    const send = (event: ReceivedEvent): void => {
      if (matchesEvent(wanted, event, world.now())) socket.send(JSON.stringify({ type: 'event', event }));
    };
    const names = wanted.event?.name?.length ? [...new Set(wanted.event.name)] : undefined;
    if (message.data.backfill) {
      const past = world.events.named(names).filter((event) => matchesEvent(wanted, event, world.now()));
      for (const event of past.toSorted(byOccurrence)) send(event);
    }
    subscription = world.events.subscribe(send, names);
    return undefined;
  });
}

function clamped(world: World, filter: EventFilter): EventFilter {
  const earliest = plusSeconds(world.now(), -backfillSeconds);
  const since = filter.occurred?.since ?? earliest;
  return { ...filter, occurred: { ...filter.occurred, since: since > earliest ? since : earliest } };
}

function byOccurrence(one: ReceivedEvent, other: ReceivedEvent): number {
  return one.occurred < other.occurred ? -1 : Number(one.occurred > other.occurred);
}
