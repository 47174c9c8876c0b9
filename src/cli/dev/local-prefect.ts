import { LocalPrefect, notModelledOfPrefect, serveOnLoopback, type Scenario } from '../../local/index.ts';
import type { CommandContext } from '../command-context.ts';
import type { PrefectApiServer } from './prefect-api-server.ts';
import { loggerPrinting, type LinePrinter } from './line-printer.ts';

export interface LocalPrefectParts {
  readonly port: number;
  readonly scenario: Scenario;
  readonly context: CommandContext;
  readonly printLine: LinePrinter;
}

/** Starts the Prefect API of this process, in memory, and serves it on 127.0.0.1. */
export async function startLocalPrefect(
  { port, scenario, context, printLine }: LocalPrefectParts,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const { clock, random } = context;
  const log = loggerPrinting(printLine);
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
  printLine(notModelledOfPrefect);
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
