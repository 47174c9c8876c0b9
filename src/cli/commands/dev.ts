import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { DevOptions } from '../dev/dev-options.ts';
import type { CommandContext } from '../command-context.ts';

/**
 * Adds `dev`: a worker, a local ECS and, where none is configured, a local Prefect API, in one
 * command.
 */
export function addDevCommand(
  program: Command<[], { debug?: true }>,
  context: CommandContext,
  finish: (exitCode: number) => void,
): void {
  program
    .command('dev')
    .summary('run a worker, a local ECS and a Prefect API on this machine')
    .description(
      'Runs everything on 127.0.0.1: an ECS whose tasks are local processes, a Prefect API (the configured one if it is ' +
        'on this machine, else one in memory), a work pool and a worker. No AWS account is needed.',
    )
    .option('-p, --pool <name>', 'work pool to make and to work for', 'local-ecs')
    .option('-l, --limit <n>', 'how many tasks may run at once', wholeNumber)
    .option(
      '--prefect-url <url>',
      'API of a Prefect server on this machine to use, e.g. http://127.0.0.1:4200/api',
    )
    .addOption(
      new Option(
        '--prefect-server',
        'start the real Prefect server, with its pages (`prefect server start`)',
      ).conflicts(['prefectUrl', 'localAwsOnly']),
    )
    .option('--local-aws-only', 'start just the local ECS and print how to reach it')
    .option('--faults <file>', 'scenario of what is to go wrong on purpose (docs/local-servers.md)')
    .option('--json', 'print where everything is as one JSON object on one line, once it is ready')
    .option('--port <n>', 'port of the local ECS (default: a free one)', portNumber, 0)
    .option(
      '--prefect-port <n>',
      'port of the Prefect API that is started (default: a free one)',
      portNumber,
      0,
    )
    .option(
      '--image <pattern=directory>',
      'run images of this name with the Python environment in this directory; may be given many times ' +
        '(default: prefecthq/prefect:*=.venv)',
      (option: string, all: readonly string[]) => [...all, option],
      [] as readonly string[], // the element type of an empty list cannot be inferred
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
    throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('Give a port from 1 to 65535, or 0 for a free one.');
  }
  return value;
}
