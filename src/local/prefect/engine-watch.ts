import type { Clock } from '../../kernel/clock.ts';
import { aborted } from '../../kernel/abort.ts';
import type { SocketConnector } from '../in-process.ts';
import { timestampOfDate, plusSeconds } from './timestamps.ts';

interface Watch {
  readonly socket: SocketConnector;
  readonly clock: Clock;
  readonly apiUrl: string;
  readonly authString: string | null;
  readonly runId: string;
}

const secondsInAYear = 31_536_000;
const reconnectAfterMs = 1_000;

/** Calls back when the run is Cancelling. Reconnects as long as the process lives. */
export async function watchCancellation(
  watch: Watch,
  onCancelling: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await connection(watch, onCancelling, signal).catch(() => undefined);
    await watch.clock.sleep(reconnectAfterMs, signal);
  }
}

async function connection(
  watch: Watch,
  onCancelling: () => void,
  signal: AbortSignal,
): Promise<void> {
  const opening = await watch.socket(`${watch.apiUrl.replace(/^http/, 'ws')}/events/out`, {
    protocols: ['prefect'],
    signal,
  });
  if (opening.kind === 'refused') return;
  const { socket } = opening;
  const ended = new Promise<void>((resolve) => socket.onClose(() => resolve()));
  let isIn = false;
  socket.onMessage(() => {
    if (isIn) return onCancelling();
    isIn = true;
    return socket.send(JSON.stringify(filterFor(watch)));
  });
  socket.send(JSON.stringify({ type: 'auth', token: watch.authString }));
  void aborted(signal).then(() => socket.terminate());
  await ended;
}

function filterFor({ clock, runId }: Watch): unknown {
  const now = timestampOfDate(clock.now());
  return {
    type: 'filter',
    filter: {
      occurred: { since: plusSeconds(now, -60), until: plusSeconds(now, secondsInAYear) },
      event: { name: ['prefect.flow-run.Cancelling'] },
      resource: { id: [`prefect.flow-run.${runId}`] },
    },
  };
}
