import { join } from 'node:path';
import { isLoopbackUrl, processEnvironment } from '../../settings/process-settings.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { aborted, sharedAbortController } from '../../kernel/abort.ts';
import type { DevOptions } from './dev-options.ts';
import { CommandError, type CliWorld, type Output } from '../world.ts';
import { startChild } from './child-process.ts';
import { imageTable, type ImageEntry } from './image-table.ts';
import { startLocalEcs, type LocalEcs } from './local-ecs.ts';
import { endOrphans } from './orphans.ts';
import { findPrefect, startPrefectServer, type PrefectServer } from './prefect-server.ts';
import { processTable } from './process-table.ts';
import { sayFor } from './say.ts';
import { openStateFolder, stateRoot, type StateFolder } from './state-folder.ts';

/**
 * Runs `prefect-ecs dev` until it is told to stop. Leaves no process, no port and no file behind; when it is killed, the
 * next one ends what it has left.
 */
export async function runDev(options: DevOptions, world: CliWorld): Promise<number> {
  const stop = sharedAbortController();
  using _listening = world.onStopSignal((signal) => stop.abort(new Cancelled(`received ${signal}`)));
  const images = imageTable(options.image, process.cwd());
  const root = stateRoot();
  const table = processTable();
  const say = options.localAwsOnly
    ? sayFor(world.err, partsOfEcsOnly)
    : sayFor(options.json ? world.err : world.out, parts);
  try {
    await endOrphans({ root, table, clock: world.clock, say: say('dev') }, stop.signal);
    await using folder = await openStateFolder(root, table);
    if (options.localAwsOnly) await runLocalEcsOnly(options, images, folder, world, stop.signal);
    else return await runEverything(options, images, folder, world, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    throw error;
  }
}

const partsOfEcsOnly = ['dev', 'ecs'];
const parts = ['dev', 'ecs', 'prefect', 'worker'];

async function runLocalEcsOnly(
  options: DevOptions,
  images: readonly ImageEntry[],
  folder: StateFolder,
  world: CliWorld,
  signal: AbortSignal,
): Promise<void> {
  const say = sayFor(world.err, partsOfEcsOnly);
  await using ecs = await startLocalEcs(
    { images, folder, port: options.port, world, say: say('ecs') },
    signal,
  );
  tellEnvironment(ecs.environment, options.json, world.out);
  await aborted(signal);
}

async function runEverything(
  options: DevOptions,
  images: readonly ImageEntry[],
  folder: StateFolder,
  world: CliWorld,
  signal: AbortSignal,
): Promise<number> {
  const say = sayFor(options.json ? world.err : world.out, parts);
  const tell = say('dev');
  const inherited = withoutPrefectAndAws(processEnvironment());
  await using ecs = await startLocalEcs(
    { images, folder, port: options.port, world, say: say('ecs') },
    signal,
  );
  tell(`local ECS on ${ecs.url}`);
  await using server = await providePrefect(
    options,
    images,
    folder,
    inherited,
    world,
    say('prefect'),
    signal,
  );
  tell(`Prefect API on ${server.apiUrl}; its pages on ${server.apiUrl.replace(/\/api$/, '')}`);
  const environment = { ...inherited, ...ecs.environment, PREFECT_API_URL: server.apiUrl };
  await using worker = startChild({
    name: 'worker',
    command: process.execPath,
    args: workerArguments(options),
    // A home of its own: a profile of the user's would lead it, and its tasks, elsewhere.
    environment: {
      ...environment,
      PREFECT_HOME: join(folder.path, 'worker'),
      PREFECT_WORKER_QUERY_SECONDS: '1',
    },
    workingDirectory: process.cwd(),
    say: say('worker'),
    clock: world.clock,
    record: folder.record,
  });
  tellEnvironment({ ...ecs.environment, PREFECT_API_URL: server.apiUrl }, options.json, world.out);
  tell(`work pool '${options.pool}': deploy to it, run it, and see the tasks here. Ctrl-C ends everything.`);
  const end = await Promise.race([
    aborted(signal).then(() => undefined),
    server.ended,
    worker.ended.then((code) => `the worker ended with exit code ${code}`),
  ]);
  if (end === undefined) {
    tell('stopping');
    return 0;
  }
  if (!signal.aborted) throw new CommandError(`Stopped because ${end}; see its output above.`);
  return 0;
}

function workerArguments(options: DevOptions): readonly string[] {
  const script = process.argv[1];
  if (script === undefined)
    throw new CommandError('cannot tell which script runs, so no worker can be started');
  const limit = options.limit === undefined ? [] : ['--limit', String(options.limit)];
  return [script, 'worker', 'start', '--pool', options.pool, '--type', 'ecs', '--name', 'dev', ...limit];
}

async function providePrefect(
  options: DevOptions,
  images: readonly ImageEntry[],
  folder: StateFolder,
  environment: Readonly<Record<string, string>>,
  world: CliWorld,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<PrefectServer> {
  const given = options.prefectUrl ?? configuredLoopbackUrl(world);
  if (given !== undefined) {
    if (!isLoopbackUrl(given)) {
      throw new CommandError(
        `--prefect-url ${given}: only a server on this machine (127.0.0.1, localhost, [::1]) is used.`,
        2,
      );
    }
    return {
      apiUrl: given.replace(/\/+$/, ''),
      ended: new Promise(() => undefined),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const command = findPrefect(images, environment['PATH'] ?? '');
  if (command === undefined) {
    throw new CommandError(
      'No Prefect server is configured on this machine, and the command `prefect` was not found. Install Prefect ' +
        '(`pip install prefect`), or name a running server with --prefect-url.',
    );
  }
  const { clock } = world;
  return startPrefectServer(
    { command, home: folder.path, environment, say, clock, record: folder.record },
    signal,
  );
}

function configuredLoopbackUrl(world: CliWorld): string | undefined {
  const url = world.loadSettings().api.url;
  return url !== undefined && isLoopbackUrl(url) ? url : undefined;
}

/** What the children inherit: the machine's settings, and nothing that would lead them to another Prefect or AWS. */
function withoutPrefectAndAws(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(PREFECT_|AWS_)/i.test(name)));
}

function tellEnvironment(environment: LocalEcs['environment'], json: boolean, out: Output): void {
  if (json) {
    out.write(`${JSON.stringify(environment)}\n`);
    return;
  }
  for (const [name, value] of Object.entries(environment)) out.write(`export ${name}=${value}\n`);
}
