import {
  LocalPrefect,
  notModelledOfPrefect,
  serveOnLoopback,
  type Scenario,
} from '../../local/index.ts';
import type { CommandContext } from '../command-context.ts';
import { newAuthString } from './dev-keys.ts';
import type { PrefectApiServer } from './prefect-api-server.ts';
import { loggerPrinting, type LinePrinter } from './line-printer.ts';

export interface LocalPrefectParts {
  readonly port: number;
  readonly scenario: Scenario;
  readonly context: CommandContext;
  readonly printLine: LinePrinter;
}

/** Starts an in-memory Prefect API in this process and serves it on 127.0.0.1, with a secret. */
export async function startLocalPrefect(
  { port, scenario, context, printLine }: LocalPrefectParts,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const { clock, random } = context;
  const log = loggerPrinting(printLine);
  const authString = newAuthString(random);
  const prefect = new LocalPrefect({
    clock,
    random,
    log,
    authString,
    ...(scenario.seed !== undefined && { faultSeed: scenario.seed }),
  });
  for (const rule of scenario.prefect) prefect.faults.add(rule);
  const server = await serveOnLoopback(
    (request) => prefect.handle(request),
    { port, sockets: (upgrade) => prefect.upgrade(upgrade) },
    signal,
  );
  printLine(notModelledOfPrefect);
  const apiUrl = `${server.url}/api`;
  const environment = { PREFECT_API_URL: apiUrl, PREFECT_API_AUTH_STRING: authString };
  return {
    apiUrl,
    pages: undefined,
    environment,
    shown: environment,
    ended: new Promise(() => undefined),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await prefect[Symbol.asyncDispose]();
    },
  };
}
