import type { SocketEnd } from '../sockets.ts';
import type { ReceivedEvent } from './events.ts';
import { EventFilter, matchesEvent } from './filters/event-filter.ts';
import { onFilter } from './filtered-socket.ts';
import { plusSeconds } from './timestamps.ts';
import type { World } from './world.ts';

/** `PREFECT_EVENTS_MAXIMUM_WEBSOCKET_BACKFILL`. */
const backfillSeconds = 900;

/** Matching events from now on, preceded by those of the last 15 minutes. */
export function serveEventsOut(world: World, socket: SocketEnd): void {
  onFilter(socket, EventFilter, (filter, backfill) => {
    const wanted = clamped(world, filter);
    const send = (event: ReceivedEvent): void => {
      if (matchesEvent(wanted, event, world.now()))
        socket.send(JSON.stringify({ type: 'event', event }));
    };
    const names = wanted.event?.name?.length ? [...new Set(wanted.event.name)] : undefined;
    if (backfill) {
      const past = world.events
        .named(names)
        .filter((event) => matchesEvent(wanted, event, world.now()));
      for (const event of past.toSorted(byOccurrence)) send(event);
    }
    return world.events.subscribe(send, names);
  });
}

function clamped(world: World, filter: EventFilter): EventFilter {
  const earliest = plusSeconds(world.now(), -backfillSeconds);
  const since = filter.occurred?.since ?? earliest;
  return {
    ...filter,
    occurred: { ...filter.occurred, since: since > earliest ? since : earliest },
  };
}

function byOccurrence(one: ReceivedEvent, other: ReceivedEvent): number {
  return one.occurred < other.occurred ? -1 : Number(one.occurred > other.occurred);
}
