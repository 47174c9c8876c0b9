import { join } from 'node:path';
import { processEnvironment } from '../../settings/process-settings.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { aborted, sharedAbortController } from '../../kernel/abort.ts';
import type { DevOptions } from './dev-options.ts';
import { CommandError, type CommandContext, type Output } from '../command-context.ts';
import { withoutDebugger } from '../debugger.ts';
import { startChild } from './child-process.ts';
import { imageTable, type ImageEntry } from './image-table.ts';
import { startLocalEcs, type LocalEcs } from './local-ecs.ts';
import { endOrphans } from './orphans.ts';
import { providePrefect } from './provide-prefect.ts';
import { processTable } from './process-table.ts';
import { linePrinterFor } from './line-printer.ts';
import { readScenario } from './scenario-file.ts';
import type { Scenario } from '../../local/index.ts';
import { openStateFolder, stateRoots, type StateFolder } from './state-folder.ts';

/**
 * Runs `prefect-ecs dev` until a signal stops it. Leaves no process, port or file behind. If it is
 * killed, the next `dev` stops its orphaned processes.
 */
export async function runDev(options: DevOptions, context: CommandContext): Promise<number> {
  const stop = sharedAbortController();
  using _listening = context.onStopSignal((signal) =>
    stop.abort(new Cancelled(`received ${signal}`)),
  );
  const setting: Setting = {
    options,
    images: imageTable(options.image, process.cwd()),
    scenario: readScenario(options.faults),
    context,
  };
  const roots = stateRoots();
  const table = processTable();
  const printLine = options.localAwsOnly
    ? linePrinterFor(context.err, partsOfEcsOnly)
    : linePrinterFor(options.json ? context.err : context.out, parts);
  try {
    await endOrphans(
      { roots: roots.all, table, clock: context.clock, printLine: printLine('dev') },
      stop.signal,
    );
    await using folder = await openStateFolder(roots.own, table);
    if (options.localAwsOnly) await runLocalEcsOnly(setting, folder, stop.signal);
    else return await runEverything(setting, folder, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    throw error;
  }
}

/** How `dev` was started. */
interface Setting {
  readonly options: DevOptions;
  readonly images: readonly ImageEntry[];
  readonly scenario: Scenario;
  readonly context: CommandContext;
}

const partsOfEcsOnly = ['dev', 'ecs'];
const parts = ['dev', 'ecs', 'prefect', 'worker'];

async function runLocalEcsOnly(
  setting: Setting,
  folder: StateFolder,
  signal: AbortSignal,
): Promise<void> {
  const { options, context } = setting;
  if (setting.scenario.prefect.length > 0) {
    throw new CommandError(
      '--faults: the file contains rules for Prefect, but --local-aws-only starts no Prefect.',
      2,
    );
  }
  const printLine = linePrinterFor(context.err, partsOfEcsOnly);
  await using ecs = await startLocalEcs(
    { ...setting, folder, port: options.port, printLine: printLine('ecs') },
    signal,
  );
  printEnvironment(ecs.environment, options.json, context.out);
  await aborted(signal);
}

async function runEverything(
  setting: Setting,
  folder: StateFolder,
  signal: AbortSignal,
): Promise<number> {
  const { options, context } = setting;
  const printLine = linePrinterFor(options.json ? context.err : context.out, parts);
  const say = printLine('dev');
  const inherited = withoutPrefectAndAws(processEnvironment());
  await using ecs = await startLocalEcs(
    { ...setting, folder, port: options.port, printLine: printLine('ecs') },
    signal,
  );
  say(`local ECS: ${ecs.url}`);
  await using server = await providePrefect(
    { ...setting, folder, environment: inherited, printLine: printLine('prefect') },
    signal,
  );
  say(`Prefect API: ${server.apiUrl}${server.pages === undefined ? '' : `, UI: ${server.pages}`}`);
  if (server.pages !== undefined && 'PREFECT_API_AUTH_STRING' in server.shown) {
    say(
      'sign in to the UI with the whole value of PREFECT_API_AUTH_STRING, which is printed below',
    );
  }
  const environment = { ...inherited, ...ecs.environment, ...server.environment };
  await using worker = startChild({
    name: 'worker',
    command: process.execPath,
    args: [...withoutDebugger(), ...workerArguments(options)],
    // Its own PREFECT_HOME: the user's profile could point the worker at another server.
    environment: {
      ...environment,
      PREFECT_HOME: join(folder.path, 'worker'),
      PREFECT_WORKER_QUERY_SECONDS: '1',
      PREFECT_ECS_LOG_FORMAT: 'text',
      // Not needed: the sweep sees everything in the local ECS, and there is no queue.
      PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: 'false',
    },
    workingDirectory: process.cwd(),
    printLine: printLine('worker'),
    clock: context.clock,
    record: folder.record,
  });
  printEnvironment({ ...ecs.environment, ...server.shown }, options.json, context.out);
  say(
    `ready: deploy to work pool '${options.pool}' and run; task output appears here. Ctrl-C stops everything.`,
  );
  const end = await Promise.race([
    aborted(signal).then(() => undefined),
    server.ended,
    worker.ended.then((code) => `the worker exited with code ${code}`),
  ]);
  if (end === undefined) {
    say('stopping');
    return 0;
  }
  if (!signal.aborted) throw new CommandError(`Stopped because ${end}; see its output above.`);
  return 0;
}

function workerArguments(options: DevOptions): readonly string[] {
  const script = process.argv[1];
  if (script === undefined)
    throw new CommandError('Cannot start the worker: the path of the running script is unknown.');
  const limit = options.limit === undefined ? [] : ['--limit', String(options.limit)];
  return [
    script,
    'worker',
    'start',
    '--pool',
    options.pool,
    '--type',
    'ecs',
    '--name',
    'dev',
    ...limit,
  ];
}

/** The children's environment, without settings that would point them at another Prefect or AWS. */
function withoutPrefectAndAws(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(PREFECT_|AWS_)/i.test(name)),
  );
}

function printEnvironment(environment: LocalEcs['environment'], json: boolean, out: Output): void {
  if (json) {
    out.write(`${JSON.stringify(environment)}\n`);
    return;
  }
  for (const [name, value] of Object.entries(environment)) out.write(`export ${name}=${value}\n`);
}
