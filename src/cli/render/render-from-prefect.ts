import { renderLive, type RenderTarget } from '../../render/live.ts';
import { composeLookUps } from '../../service/compose-look-ups.ts';
import { stopSignal } from '../stop-signal.ts';
import { CommandError, type CommandContext } from '../command-context.ts';
import { printRendered } from './print-rendered.ts';

/**
 * Renders the launch of a deployment or flow run from the current data in Prefect and AWS. Exit
 * code 0, or 1 if the launch would fail.
 */
export async function renderFromPrefect(
  asked: {
    readonly deployment: string | undefined;
    readonly flowRun: string | undefined;
    readonly workerName: string;
    readonly asJson: boolean;
  },
  context: CommandContext,
): Promise<number> {
  const target = targetOf(asked);
  using stop = stopSignal(context);
  await using lookUps = await composeLookUps(context, asked.workerName);
  const rendered = await renderLive(target, lookUps, stop.signal);
  return printRendered(rendered, asked.asJson, context);
}

function targetOf(asked: {
  readonly deployment: string | undefined;
  readonly flowRun: string | undefined;
}): RenderTarget {
  if (asked.flowRun !== undefined) return { kind: 'flow-run', id: asked.flowRun };
  const [flowName, deploymentName, ...more] = (asked.deployment ?? '').split('/');
  if (!flowName || !deploymentName || more.length > 0) {
    throw new CommandError(
      `'${asked.deployment ?? ''}' is not a deployment name. Give it as FLOW_NAME/DEPLOYMENT_NAME.`,
      2,
    );
  }
  return { kind: 'deployment', flowName, deploymentName };
}
