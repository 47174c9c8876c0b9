import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { DevOptions } from '../dev/dev-options.ts';
import type { CommandContext } from '../command-context.ts';

/** Adds `dev`: a worker, a local ECS and, unless one is configured, a local Prefect API. */
export function addDevCommand(
  program: Command<[], { debug?: true }>,
  context: CommandContext,
  finish: (exitCode: number) => void,
): void {
  program
    .command('dev')
    .summary('run a worker, a local ECS and a Prefect API on this machine')
    .description(
      'Runs everything on 127.0.0.1: an ECS whose tasks are local processes, a Prefect API, a work pool and a worker. ' +
        'The Prefect API is the configured one if it is on this machine, otherwise one in memory. ' +
        'No AWS account is needed.',
    )
    .option('-p, --pool <name>', 'work pool to create and poll', 'local-ecs')
    .option('-l, --limit <n>', 'maximum number of tasks running at once', wholeNumber)
    .option(
      '--prefect-url <url>',
      'use the Prefect server on this machine with this API URL, e.g. http://127.0.0.1:4200/api',
    )
    .addOption(
      new Option(
        '--prefect-server',
        'start the real Prefect server, with its UI (`prefect server start`)',
      ).conflicts(['prefectUrl', 'localAwsOnly']),
    )
    .option('--local-aws-only', 'start only the local ECS and print how to connect to it')
    .option('--faults <file>', 'inject the faults in this scenario file (docs/local-servers.md)')
    .option('--json', 'when ready, print the connection settings as one line of JSON')
    .addOption(
      new Option('--port <n>', 'port of the local ECS')
        .default(0, 'a free one')
        .argParser(portNumber),
    )
    .addOption(
      new Option('--prefect-port <n>', 'port of the started Prefect API')
        .default(0, 'a free one')
        .argParser(portNumber),
    )
    .addOption(
      new Option(
        '--image <pattern=directory>',
        'run images that match the pattern with the Python environment in the directory; repeatable',
      )
        // the element type of an empty list cannot be inferred
        .default([] as readonly string[], 'prefecthq/prefect:*=.venv')
        .argParser((option: string, all: readonly string[]) => [...all, option]),
    )
    .action(async (flags) => {
      const { runDev } = await import('../dev/dev.ts');
      const options: DevOptions = {
        pool: flags.pool,
        limit: flags.limit,
        prefectUrl: flags.prefectUrl,
        prefectServer: flags.prefectServer ?? false,
        prefectPort: flags.prefectPort,
        faults: flags.faults,
        localAwsOnly: flags.localAwsOnly ?? false,
        json: flags.json ?? false,
        port: flags.port,
        image: flags.image,
      };
      finish(await runDev(options, context));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number, at least 1.');
  return value;
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('Give a port from 1 to 65535, or 0 for a free one.');
  }
  return value;
}
