import type { Command } from '@commander-js/extra-typings';
import type { CliWorld } from '../world.ts';

/** Adds `render`: what a launch would send to ECS, without sending it. */
export function addRenderCommand(
  program: Command<[], { debug?: true }>,
  world: CliWorld,
  finish: (exitCode: number) => void,
): void {
  program
    .command('render')
    .summary('show what a launch would send to ECS')
    .description(
      'Shows the RegisterTaskDefinition and RunTask input of a launch, made by the functions that a launch goes through. ' +
        'Nothing is sent. The bundle holds what Prefect, the worker and AWS would say.',
    )
    .requiredOption('--from-file <bundle>', 'JSON file with the bundle')
    .option('--json', 'print one JSON object, with secrets in clear')
    .action(async (flags) => {
      const { renderBundleFile } = await import('../render/render-bundle-file.ts');
      finish(await renderBundleFile(flags.fromFile, flags.json ?? false, world));
    });
}
