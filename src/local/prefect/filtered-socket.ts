import { z } from 'zod';
import type { SocketEnd } from '../sockets.ts';
import { parseJson } from './prefect-socket.ts';

const FilterMessage = z.looseObject({
  type: z.literal('filter'),
  backfill: z.boolean().default(true),
  filter: z.unknown(),
});
const protocolError = 1002;

/**
 * The first message is the client's filter. `subscribe` serves it until the socket closes. Later
 * messages are ignored.
 */
export function onFilter<T extends z.ZodType>(
  socket: SocketEnd,
  schema: T,
  subscribe: (filter: z.output<T>, backfill: boolean) => Disposable,
): void {
  let subscription: Disposable | undefined;
  socket.onClose(() => subscription?.[Symbol.dispose]());
  socket.onMessage((text) => {
    if (subscription !== undefined) return;
    const message = FilterMessage.safeParse(parseJson(text));
    if (!message.success) return socket.close(protocolError, "Expected 'filter' message");
    const filter = schema.safeParse(message.data.filter);
    // The real server closes with the whole error as the reason. It is too long for a close frame,
    // so the connection breaks.
    if (!filter.success) return socket.terminate();
    subscription = subscribe(filter.data, message.data.backfill);
    return undefined;
  });
}
