import type { EcsJob } from '../../core/job/ecs-job.ts';
import { checkJobVariables, checkSecrets } from '../../core/job/bounds.ts';
import { beginJob } from '../../core/job/configuration.ts';
import { judgeBeforeReads } from '../../core/guard/before-reads.ts';
import { judgeEndpoints } from '../../core/guard/endpoints.ts';
import type { BlockDocument } from '../../core/prefect/block-document.ts';
import type { BlockReference } from '../../core/job/references.ts';
import type { Deployment } from '../../core/prefect/deployment.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { RuntimeError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { JobReads } from '../shared/cached-reads.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';
import type { RunPorts } from '../run-context.ts';
import type { Conceal } from '../ports/conceal.ts';
import { secretsOfBlocks, secretsOfDocument } from '../../core/job/secrets.ts';

export type ConfigurePorts = Pick<RunPorts, 'workPool' | 'worker' | 'settings' | 'loop'> & {
  readonly prefect: Pick<
    PrefectApi,
    'readBlockDocument' | 'readBlockDocumentByName' | 'readVariable'
  >;
  readonly reads: Pick<JobReads, 'deployment' | 'flow'>;
};

export type Configuration =
  | {
      readonly kind: 'configured';
      readonly job: EcsJob;
      /** The deployment's own variables; undefined: the run has no deployment. */
      readonly deploymentVariables: JsonObject | undefined;
    }
  /**
   * The deployment was deleted. The run is cancelled, not crashed: nothing went wrong in it
   * (prefect-api.md 2.7.1).
   */
  | { readonly kind: 'deployment-gone'; readonly deploymentId: string };

/**
 * The run whose job is resolved. `conceal` gets its secrets as soon as they are known, because an
 * error may repeat them.
 */
export interface ConfiguredRun {
  readonly flowRun: FlowRun;
  readonly conceal: Conceal;
  /** Absent: the author was already informed when the run was launched. */
  readonly tell?: TellNotices;
}

/** Logs which of the author's words have no effect. `variables`: the deployment's. */
export type TellNotices = (notices: readonly string[], variables: JsonObject | undefined) => void;

/**
 * Resolves a run's job from pool, deployment, run, blocks and variables (worker.md 1.4, 1.5, 2.3).
 */
export async function configure(
  { flowRun, conceal, tell }: ConfiguredRun,
  ports: ConfigurePorts,
  signal: AbortSignal,
): Promise<Configuration> {
  checkJobVariables(flowRun.jobVariables, "flow run's job variables");
  let secrets = checkSecrets(secretsOfDocument(flowRun.jobVariables));
  conceal(secrets);
  const workPool = ports.workPool();
  let deployment: Deployment | undefined;
  if (flowRun.deploymentId !== undefined) {
    deployment = await ports.reads.deployment(flowRun.deploymentId);
    if (deployment === undefined)
      return { kind: 'deployment-gone', deploymentId: flowRun.deploymentId };
    checkJobVariables(deployment.jobVariables, "deployment's job variables");
    secrets = checkSecrets([...secrets, ...secretsOfDocument(deployment.jobVariables)]);
    conceal(secrets);
  }
  const flow = await ports.reads.flow(flowRun.flowId);
  if (flow === undefined) throw new RuntimeError(`Flow '${flowRun.flowId}' no longer exists.`);
  const settings = ports.settings();
  const worker = ports.worker();
  await ports.loop.pause();
  const begun = beginJob({
    workPool,
    deployment,
    flow,
    flowRun,
    worker: {
      name: worker.name,
      id: worker.backendId,
      prefectVersion: worker.prefectVersion,
      passedOnSettings: settings.passedOn,
      environment: settings.environment,
      defaultImage: settings.defaultImage,
      tagBlanks: settings.tagBlanks,
    },
  });
  tell?.(begun.notices, deployment?.jobVariables);
  judgeBeforeReads(begun, settings.guardRails);
  const blocks = await Promise.all(
    begun.blocksNeeded.map(async (reference) => ({
      reference,
      document: await readBlock(reference, ports, signal),
    })),
  );
  const ofBlocks = secretsOfBlocks(blocks.flatMap(({ document }) => document ?? []));
  conceal(checkSecrets([...secrets, ...ofBlocks]));
  await ports.loop.pause();
  const withBlocks = begun.withBlocks(blocks);
  const variables = await Promise.all(
    withBlocks.variablesNeeded.map(async (name) => ({
      name,
      answer: await ports.prefect.readVariable(name, signal),
    })),
  );
  await ports.loop.pause();
  const job = withBlocks.withVariables(variables);
  conceal([...secrets, ...checkSecrets(job.secrets)]);
  tell?.(job.notices, deployment?.jobVariables);
  judgeEndpoints(job, settings.guardRails);
  return { kind: 'configured', job, deploymentVariables: deployment?.jobVariables };
}

function readBlock(
  reference: BlockReference,
  ports: ConfigurePorts,
  signal: AbortSignal,
): Promise<BlockDocument | undefined> {
  return reference.kind === 'id'
    ? ports.prefect.readBlockDocument(reference.id, signal)
    : ports.prefect.readBlockDocumentByName(reference.typeSlug, reference.name, signal);
}
