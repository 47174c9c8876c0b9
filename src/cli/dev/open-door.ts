import { within } from '../../kernel/deadline.ts';
import type { Clock } from '../../kernel/clock.ts';

const answersWithinMs = 5_000;
/** `.invalid` never resolves (RFC 2606). */
const strangersOrigin = 'http://some-page.invalid';

/**
 * A warning if web pages or other users may start runs on an existing Prefect server. Runs become
 * commands on this machine, so anybody who can start one has all rights of the user of `dev`.
 * Undefined if the server is closed or does not answer.
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
    return undefined; // the worker reports an unreachable server
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
      ? [`any web page open in a browser${letsAnybodyIn ? '' : ' that has its auth string'}`]
      : []),
    ...(letsAnybodyIn ? ['any user of this machine'] : []),
  ].join(' and ');
  const settings = [
    ...(letsPagesIn ? [`PREFECT_SERVER_CORS_ALLOWED_ORIGINS=${origin}`] : []),
    ...(letsAnybodyIn ? ['PREFECT_SERVER_API_AUTH_STRING=user:password'] : []),
  ].join(' and ');
  return (
    `WARNING: the Prefect server on ${origin} accepts flow runs from ${who}. With \`dev\`, a flow run is a command that ` +
    `runs as you. Start the server with ${settings}, or use \`prefect-ecs dev --prefect-server\`, which starts a ` +
    'protected one.'
  );
}
