import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { DevOptions } from '../dev/dev-options.ts';
import type { CliWorld } from '../world.ts';

/** Adds `dev`: a worker, a local ECS and, where none is configured, a Prefect server, in one command. */
export function addDevCommand(
  program: Command<[], { debug?: true }>,
  world: CliWorld,
  finish: (exitCode: number) => void,
): void {
  program
    .command('dev')
    .summary('run a worker, a local ECS and a Prefect server on this machine')
    .description(
      'Runs everything on 127.0.0.1: an ECS whose tasks are local processes, a Prefect API (the configured one if it is ' +
        'on this machine, else `prefect server start`), a work pool and a worker. No AWS account is needed.',
    )
    .option('-p, --pool <name>', 'work pool to make and to work for', 'local-ecs')
    .option('-l, --limit <n>', 'how many tasks may run at once', wholeNumber)
    .option(
      '--prefect-url <url>',
      'API of a Prefect server on this machine to use, e.g. http://127.0.0.1:4200/api',
    )
    .option('--local-aws-only', 'start just the local ECS and print how to reach it')
    .option('--json', 'print where everything is as one JSON object on one line, once it is ready')
    .option('--port <n>', 'port of the local ECS (default: a free one)', portNumber, 0)
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
        localAwsOnly: flags.localAwsOnly ?? false,
        json: flags.json ?? false,
        port: flags.port,
        image: flags.image,
      };
      finish(await runDev(options, world));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('Give a port from 1 to 65535, or 0 for a free one.');
  }
  return value;
}
