import type { Command } from '@commander-js/extra-typings';
import { CommandError, type CommandContext } from '../command-context.ts';

/** Adds `render`, which shows what a launch would send to ECS and sends nothing. */
export function addRenderCommand(
  program: Command<[], { debug?: true }>,
  context: CommandContext,
  finish: (exitCode: number) => void,
): void {
  program
    .command('render')
    .summary('show what a launch would send to ECS')
    .description(
      'Shows the RegisterTaskDefinition and RunTask input that a launch would send, built by the same code as a launch. ' +
        'Nothing is sent. Reads Prefect, ECS and EC2; with --from-file, everything comes from the bundle.',
    )
    .argument('[deployment]', 'deployment to render, as FLOW_NAME/DEPLOYMENT_NAME')
    .option('--flow-run <id>', 'render the launch of this flow run')
    .option('--from-file <bundle>', 'render a bundle (a JSON file), without Prefect and AWS')
    .option('-n, --name <name>', 'worker name to show in labels and tags', 'render')
    .option('--json', 'print one JSON object, with secrets in plain text')
    .action(async (deployment, flags) => {
      const { flowRun, fromFile, name, json: asJson = false } = flags;
      if ([deployment, flowRun, fromFile].filter((one) => one !== undefined).length !== 1) {
        throw new CommandError('Give exactly one of: a deployment, --flow-run, --from-file.', 2);
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
