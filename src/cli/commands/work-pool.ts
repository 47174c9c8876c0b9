import { InvalidArgumentError, type Command } from '@commander-js/extra-typings';
import type { CommandContext } from '../command-context.ts';

/**
 * Adds `work-pool` with the options and output of `prefect work-pool`, so that scripts written for
 * Prefect's own command keep working (prefect-api.md 8.2).
 */
export function addWorkPoolCommand(
  program: Command<[], { debug?: true }>,
  context: CommandContext,
  finish: (exitCode: number) => void,
): void {
  const workPool = program.command('work-pool').description('inspect work pools');
  workPool
    .command('preview')
    .description('Shows the scheduled runs in all queues of a work pool.')
    .helpOption('--help', 'display help for command') // -h is --hours, as with prefect
    .argument('<name>', 'name of the work pool')
    .option(
      '-h, --hours <n>',
      'show only runs due within this many hours (default: all scheduled runs)',
      hours,
    )
    .option('-o, --output <format>', "output format; 'json' is the only one", jsonFormat)
    .option('--json', 'print JSON, like --output json')
    .action(async (name, flags) => {
      const { previewWorkPool } = await import('../work-pool/preview.ts');
      const asJson = flags.json ?? flags.output !== undefined;
      finish(await previewWorkPool({ name, hours: flags.hours, asJson }, context));
    });
  workPool
    .command('get-default-base-job-template')
    .description('Prints the base job template of a new work pool.')
    .option('-t, --type <type>', "type of work pool; 'ecs' is the only one", 'ecs')
    .option('-f, --file <file>', 'write the template to this file')
    .action(async (flags) => {
      const { printDefaultTemplate } = await import('../work-pool/default-template.ts');
      finish(await printDefaultTemplate(flags, context));
    });
}

function hours(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Give a number above 0.');
  return value;
}

function jsonFormat(text: string): 'json' {
  if (text.toLowerCase() !== 'json')
    throw new InvalidArgumentError("Only 'json' output format is supported.");
  return 'json';
}
