import { isLoopbackUrl } from '../../settings/process-settings.ts';
import { CommandError, type CommandContext } from '../command-context.ts';
import type { DevOptions } from './dev-options.ts';
import type { ImageEntry } from './image-table.ts';
import { newAuthString } from './dev-keys.ts';
import { startLocalPrefect } from './local-prefect.ts';
import { openDoorOf } from './open-door.ts';
import type { PrefectApiServer } from './prefect-api-server.ts';
import { findPrefect, startPrefectServer } from './prefect-server.ts';
import type { LinePrinter } from './line-printer.ts';
import type { Scenario } from '../../local/index.ts';
import type { StateFolder } from './state-folder.ts';

export interface PrefectChoice {
  readonly options: DevOptions;
  readonly images: readonly ImageEntry[];
  readonly folder: StateFolder;
  /** Environment of a started server. */
  readonly environment: Readonly<Record<string, string>>;
  readonly scenario: Scenario;
  readonly context: CommandContext;
  readonly printLine: LinePrinter;
}

/** The given or configured server, a real one with --prefect-server, else one in this process. */
export async function providePrefect(
  choice: PrefectChoice,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const { options, scenario, context, printLine } = choice;
  const given = givenUrl(choice);
  if ((given !== undefined || options.prefectServer) && scenario.prefect.length > 0) {
    throw new CommandError(
      '--faults: the file contains rules for Prefect, but they only work with the built-in local Prefect, not with ' +
        `${given ?? 'the real Prefect server'}.`,
      2,
    );
  }
  if (given !== undefined) return alreadyThere(given, choice, signal);
  if (options.prefectServer) return startReal(choice, signal);
  return startLocalPrefect({ port: options.prefectPort, scenario, context, printLine }, signal);
}

function givenUrl({ options, context, printLine }: PrefectChoice): string | undefined {
  if (options.prefectUrl !== undefined) {
    if (isLoopbackUrl(options.prefectUrl)) return options.prefectUrl;
    throw new CommandError(
      `--prefect-url ${options.prefectUrl}: the server must be on this machine (127.0.0.1, localhost, [::1]).`,
      2,
    );
  }
  if (options.prefectServer) return undefined;
  const configured = context.loadSettings().api.url;
  if (configured === undefined || isLoopbackUrl(configured)) return configured;
  printLine('ignoring the configured Prefect API, because it is not on this machine');
  return undefined;
}

async function alreadyThere(
  url: string,
  { context, printLine }: PrefectChoice,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const apiUrl = url.replace(/\/+$/, '');
  const warning = await openDoorOf(apiUrl, context.clock, signal);
  if (warning !== undefined) printLine(warning);
  const shown = { PREFECT_API_URL: apiUrl };
  return {
    apiUrl,
    pages: apiUrl.replace(/\/api$/, ''),
    environment: { ...shown, ...credentialsFor(apiUrl, context) },
    shown,
    ended: new Promise(() => undefined),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The user's own credentials, but only for the server that they are configured for. */
function credentialsFor(apiUrl: string, context: CommandContext): Readonly<Record<string, string>> {
  const { url, authString, key } = context.loadSettings().api;
  if (url === undefined || new URL(url).origin !== new URL(apiUrl).origin) return {};
  return {
    ...(authString !== undefined && { PREFECT_API_AUTH_STRING: authString.reveal() }),
    ...(key !== undefined && { PREFECT_API_KEY: key.reveal() }),
  };
}

async function startReal(choice: PrefectChoice, signal: AbortSignal): Promise<PrefectApiServer> {
  const { options, images, folder, environment, context, printLine } = choice;
  const command = findPrefect(images, environment['PATH'] ?? '');
  if (command === undefined) {
    throw new CommandError(
      '--prefect-server: command `prefect` not found. Install Prefect (`pip install prefect`), pass its Python ' +
        'environment with --image, or omit the flag to use the built-in local Prefect API.',
    );
  }
  const { clock, random } = context;
  const { path: home, record } = folder;
  const authString = newAuthString(random);
  return startPrefectServer(
    { command, home, authString, port: options.prefectPort, environment, printLine, clock, record },
    signal,
  );
}
