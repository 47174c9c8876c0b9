import type { Command } from '@commander-js/extra-typings';
import { CommandError, type CommandContext } from '../command-context.ts';

/** Adds `render`: what a launch would send to ECS, without sending it. */
export function addRenderCommand(
  program: Command<[], { debug?: true }>,
  context: CommandContext,
  finish: (exitCode: number) => void,
): void {
  program
    .command('render')
    .summary('show what a launch would send to ECS')
    .description(
      'Shows the RegisterTaskDefinition and RunTask input of a launch, made by the functions that a launch goes through. ' +
        'Nothing is sent. Of a deployment or a flow run, what Prefect, ECS and EC2 say is read; a bundle holds it all.',
    )
    .argument('[deployment]', 'deployment to render, as FLOW_NAME/DEPLOYMENT_NAME')
    .option('--flow-run <id>', 'render the launch of this flow run')
    .option(
      '--from-file <bundle>',
      'render from a JSON file with a bundle, without Prefect and AWS',
    )
    .option(
      '-n, --name <name>',
      'name of the worker that would launch, as labels and tags tell it',
      'render',
    )
    .option('--json', 'print one JSON object, with secrets in clear')
    .action(async (deployment, flags) => {
      const { flowRun, fromFile, name, json: asJson = false } = flags;
      if ([deployment, flowRun, fromFile].filter((one) => one !== undefined).length !== 1) {
        throw new CommandError('Give one of: a deployment, --flow-run or --from-file.', 2);
      }
      if (fromFile !== undefined) {
        const { renderBundleFile } = await import('../render/render-bundle-file.ts');
        finish(await renderBundleFile(fromFile, asJson, context));
        return;
      }
      const { renderFromPrefect } = await import('../render/render-from-prefect.ts');
      finish(await renderFromPrefect({ deployment, flowRun, workerName: name, asJson }, context));
    });
}
