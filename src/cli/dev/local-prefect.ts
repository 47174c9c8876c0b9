import { LocalPrefect, notModelledOfPrefect, serveOnLoopback, type Scenario } from '../../local/index.ts';
import type { CliWorld } from '../world.ts';
import type { PrefectApiServer } from './prefect-api-server.ts';
import { loggerSaying, type Say } from './say.ts';

export interface LocalPrefectParts {
  readonly port: number;
  readonly scenario: Scenario;
  readonly world: CliWorld;
  readonly say: Say;
}

/** Starts the Prefect API of this process, in memory, and serves it on 127.0.0.1. */
export async function startLocalPrefect(
  { port, scenario, world, say }: LocalPrefectParts,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const { clock, random } = world;
  const log = loggerSaying(say);
  const prefect = new LocalPrefect({
    clock,
    random,
    log,
    ...(scenario.seed !== undefined && { faultSeed: scenario.seed }),
  });
  for (const rule of scenario.prefect) prefect.faults.add(rule);
  const server = await serveOnLoopback(
    (request) => prefect.handle(request),
    { port, sockets: (upgrade) => prefect.upgrade(upgrade) },
    signal,
  );
  say(notModelledOfPrefect);
  return {
    apiUrl: `${server.url}/api`,
    pages: undefined,
    ended: new Promise(() => undefined),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await prefect[Symbol.asyncDispose]();
    },
  };
}
