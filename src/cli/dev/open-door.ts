import { within } from '../../kernel/deadline.ts';
import type { Clock } from '../../kernel/clock.ts';

const answersWithinMs = 5_000;
/** `.invalid` is nobody's (RFC 2606). */
const strangersOrigin = 'http://some-page.invalid';

/**
 * Who but its user may command a Prefect server that was there before `dev`; undefined: nobody, or
 * it did not answer. Its runs become commands on this machine, so whoever can start a run can do
 * all that the user of `dev` can.
 */
export async function openDoorOf(
  apiUrl: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await within(answersWithinMs, clock, signal, async (limited) => {
      const response = await fetch(`${apiUrl}/admin/version`, {
        headers: { origin: strangersOrigin },
        signal: limited,
      });
      await response.body?.cancel();
      const allowed = response.headers.get('access-control-allow-origin');
      return warningOf({
        apiUrl,
        letsPagesIn: allowed === '*' || allowed === strangersOrigin,
        letsAnybodyIn: response.ok,
      });
    });
  } catch {
    signal.throwIfAborted();
    return undefined; // the worker will say that it cannot be reached
  }
}

interface Door {
  readonly apiUrl: string;
  readonly letsPagesIn: boolean;
  readonly letsAnybodyIn: boolean;
}

function warningOf({ apiUrl, letsPagesIn, letsAnybodyIn }: Door): string | undefined {
  if (!letsPagesIn && !letsAnybodyIn) return undefined;
  const { origin } = new URL(apiUrl);
  const who = [
    ...(letsPagesIn
      ? [
          `every web page that is open in a browser${letsAnybodyIn ? '' : ' and has its auth string'}`,
        ]
      : []),
    ...(letsAnybodyIn ? ['every user of this machine'] : []),
  ].join(', and ');
  const settings = [
    ...(letsPagesIn ? [`PREFECT_SERVER_CORS_ALLOWED_ORIGINS=${origin}`] : []),
    ...(letsAnybodyIn ? ['PREFECT_SERVER_API_AUTH_STRING=user:password'] : []),
  ].join(' and ');
  return (
    `WARNING: the Prefect server on ${origin} takes flow runs from ${who}. Here a flow run is a command that runs as you. ` +
    `Start the server with ${settings}, or use \`prefect-ecs dev --prefect-server\`, which starts one that is closed.`
  );
}
