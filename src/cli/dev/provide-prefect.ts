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
  /** What a server that is started inherits. */
  readonly environment: Readonly<Record<string, string>>;
  readonly scenario: Scenario;
  readonly context: CommandContext;
  readonly printLine: LinePrinter;
}

/**
 * The server that was named or configured, the real one where it is asked for, else the one in this
 * process.
 */
export async function providePrefect(
  choice: PrefectChoice,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const { options, scenario, context, printLine } = choice;
  const given = givenUrl(choice);
  if ((given !== undefined || options.prefectServer) && scenario.prefect.length > 0) {
    throw new CommandError(
      `--faults: the file has rules for Prefect, and ${given ?? 'the real Prefect server'} takes none; only the local Prefect does.`,
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
      `--prefect-url ${options.prefectUrl}: only a server on this machine (127.0.0.1, localhost, [::1]) is used.`,
      2,
    );
  }
  if (options.prefectServer) return undefined;
  const configured = context.loadSettings().api.url;
  if (configured === undefined || isLoopbackUrl(configured)) return configured;
  printLine('the configured Prefect API is not on this machine, and is left alone');
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

/**
 * The user's own credentials, where they are configured for this very server: no other one is told
 * of them.
 */
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
      '--prefect-server: the command `prefect` was not found. Install Prefect (`pip install prefect`), name its Python ' +
        'environment with --image, or leave the flag out to use the local Prefect API.',
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
