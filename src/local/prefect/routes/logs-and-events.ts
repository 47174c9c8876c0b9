import { Answer } from '../../message.ts';
import { z } from 'zod';
import { EventInput } from '../events.ts';
import { EventFilter, matchesEvent } from '../filters/event-filter.ts';
import { Moment, Uuid, orNull } from '../fields.ts';
import { pageFields, pageOf } from '../filters/query.ts';
import { LogFilter, matchesLog } from '../filters/other-filters.ts';
import { noContent, ok } from '../http.ts';
import { takes, type Route } from '../router.ts';

/**
 * Only Prefect Cloud takes `worker_id`. A self-hosted server refuses the batch, like for any other
 * unknown key (prefect-api.md 6).
 */
const LogCreate = z.strictObject({
  name: z.string(),
  level: z.int(),
  message: z.string(),
  timestamp: Moment,
  flow_run_id: orNull(Uuid),
  task_run_id: orNull(Uuid),
});

const LogSort = z.enum(['TIMESTAMP_ASC', 'TIMESTAMP_DESC']).nullish();

const eventPage = 50;

export const logRoutes: readonly Route[] = [
  takes('POST', '/logs/', z.array(LogCreate), ({ world, body }) => {
    for (const log of body) {
      world.logStream.publish(world.logs.put({ ...world.row(), ...log, id: world.ids.ordered() }));
    }
    return Answer.json(201, null);
  }),
  takes(
    'POST',
    '/logs/filter',
    z.object({ logs: LogFilter.nullish(), sort: LogSort, ...pageFields }),
    ({ world, body }) => {
      const { logs: filter } = body;
      const direction = body.sort === 'TIMESTAMP_DESC' ? -1 : 1;
      const found = world.logs.filter((log) => !filter || matchesLog(filter, log));
      const sorted = [...found].sort((one, other) =>
        one.timestamp === other.timestamp
          ? 0
          : one.timestamp < other.timestamp
            ? -direction
            : direction,
      );
      return ok(pageOf(sorted, body));
    },
  ),
];

export const eventRoutes: readonly Route[] = [
  takes('POST', '/events', z.array(EventInput), ({ world, body }) => {
    for (const event of body) world.events.receive(event);
    return noContent();
  }),
  takes(
    'POST',
    '/events/filter',
    z
      .object({
        filter: EventFilter.nullish(),
        limit: z.int().min(0).max(eventPage, 'Input should be less than or equal to 50').nullish(),
      })
      .nullish(),
    ({ world, body }) => {
      const filter = body?.filter;
      const found = world.events.all.filter(
        (event) => !filter || matchesEvent(filter, event, world.now()),
      );
      const ordered = filter?.order === 'ASC' ? found : found.toReversed();
      return ok({
        events: ordered.slice(0, body?.limit ?? eventPage),
        total: found.length,
        next_page: null, // one page holds everything
      });
    },
  ),
];
