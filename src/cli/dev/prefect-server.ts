import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { CommandError } from '../command-context.ts';
import { startChild, type Child } from './child-process.ts';
import { freePort } from './free-port.ts';
import { userListeningOn } from './listener.ts';
import type { ImageEntry } from './image-table.ts';
import type { PrefectApiServer } from './prefect-api-server.ts';
import type { LinePrinter } from './line-printer.ts';
import type { RecordProcess } from './state-folder.ts';

/** The first `prefect` command in the environments of the image table, else on the PATH. */
export function findPrefect(images: readonly ImageEntry[], searchPath: string): string | undefined {
  const folders = [
    ...images.map((image) => join(image.directory, 'bin')),
    ...searchPath.split(':'),
  ];
  return folders.map((folder) => join(folder, 'prefect')).find((path) => existsSync(path));
}

export interface ServerOptions {
  readonly command: string;
  readonly home: string;
  /** The only credentials that the server accepts: `user:password`. */
  readonly authString: string;
  /** 0: any free port. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly printLine: LinePrinter;
  readonly clock: Clock;
  readonly record: RecordProcess;
}

const readyWithinMs = 120_000;
const lookEveryMs = 200;

/**
 * Starts `prefect server start` on 127.0.0.1 with authentication and its own PREFECT_HOME, and
 * waits until its API answers.
 */
export async function startPrefectServer(
  options: ServerOptions,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const port = options.port === 0 ? await freePort() : options.port;
  const apiUrl = `http://127.0.0.1:${port}/api`;
  const client = { PREFECT_API_URL: apiUrl, PREFECT_API_AUTH_STRING: options.authString };
  const child = startChild({
    name: 'Prefect server',
    command: options.command,
    args: ['server', 'start', '--host', '127.0.0.1', '--port', String(port)],
    environment: {
      ...options.environment,
      ...client,
      PREFECT_HOME: options.home,
      PREFECT_SERVER_API_AUTH_STRING: options.authString,
      // Only its own UI, under both names. By default any web page open in a browser may call it.
      PREFECT_SERVER_CORS_ALLOWED_ORIGINS: `http://127.0.0.1:${port},http://localhost:${port}`,
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      PREFECT_SERVER_UI_API_URL: apiUrl,
    },
    workingDirectory: options.home,
    printLine: options.printLine,
    clock: options.clock,
    record: options.record,
  });
  try {
    await untilReady(child, apiUrl, options.clock, signal);
    refuseImpostor(port);
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
  return {
    apiUrl,
    pages: apiUrl.replace(/\/api$/, ''),
    environment: client,
    shown: client,
    ended: child.ended.then((code) => `the Prefect server exited with code ${code}`),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/**
 * Fails if another user's process took the port. It would receive our auth string, and its answers
 * would become commands on this machine.
 */
function refuseImpostor(port: number): void {
  const user = userListeningOn(port);
  if (user === undefined || user === process.getuid?.()) return;
  throw new CommandError(
    `Port ${port}, chosen for the Prefect server, was taken by another user of this machine (uid ${user}). ` +
      'Start again, or choose a port with --prefect-port.',
  );
}

async function untilReady(
  child: Child,
  apiUrl: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let exitCode: number | undefined;
  void child.ended.then((code) => {
    exitCode = code;
  });
  for (let waitedMs = 0; waitedMs < readyWithinMs; waitedMs += lookEveryMs) {
    if (exitCode !== undefined) {
      throw new CommandError(
        `The Prefect server exited with code ${exitCode} before it was ready; see its output.`,
      );
    }
    const answered = await fetch(`${apiUrl}/health`, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await clock.sleep(lookEveryMs, signal);
  }
  throw new CommandError(
    `The Prefect server was not ready within ${readyWithinMs / 1000} seconds; see its output.`,
  );
}
