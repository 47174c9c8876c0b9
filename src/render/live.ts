import type { Deployment } from '../core/prefect/deployment.ts';
import { FlowRun } from '../core/prefect/flow-run.ts';
import type { WorkPool } from '../core/prefect/work-pool.ts';
import type { Clock } from '../kernel/clock.ts';
import { LoopShare } from '../kernel/loop-share.ts';
import { RuntimeError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Random } from '../kernel/random.ts';
import { Definitions } from '../run/shared/task-definitions.ts';
import { JobReads } from '../run/shared/cached-reads.ts';
import type { KnownSecret } from '../kernel/redaction/known-secret.ts';
import type { PrefectApi } from '../run/ports/prefect-api.ts';
import type { Aws, AwsSession } from '../run/ports/aws.ts';
import { prepare } from '../run/prepare/prepare.ts';
import type { RunSettings } from '../run/ports/run-settings.ts';
import type { WorkerIdentity } from '../run/ports/worker-identity.ts';
import {
  concealIn,
  preparedOf,
  recorder,
  rendered,
  type Rendered,
  type RenderedLog,
  type Sent,
} from './rendering.ts';

/** The launch to render. */
export type RenderTarget =
  | { readonly kind: 'flow-run'; readonly id: string }
  /** A hypothetical run of the deployment. */
  | { readonly kind: 'deployment'; readonly flowName: string; readonly deploymentName: string };

export interface LivePorts {
  readonly prefect: PrefectApi;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: () => RunSettings;
  readonly worker: WorkerIdentity;
  /** Secrets such as the keys for Prefect and AWS. */
  readonly ownSecrets: readonly KnownSecret[];
}

const nobodysId = '00000000-0000-4000-8000-000000000000';

/**
 * Renders the launch of an existing run, or of a run that Prefect would create for a deployment.
 * Reads Prefect, ECS and EC2 (definitions, VPCs, subnets), and changes nothing.
 */
export async function renderLive(
  target: RenderTarget,
  ports: LivePorts,
  signal: AbortSignal,
): Promise<Rendered> {
  return rendered(
    async (sent, logs) => launchLive(target, ports, sent, logs, signal),
    ports.ownSecrets,
  );
}

async function launchLive(
  target: RenderTarget,
  ports: LivePorts,
  sent: Sent,
  logs: RenderedLog[],
  signal: AbortSignal,
): Promise<JsonObject> {
  const { flowRun, workPool } = await found(target, ports.prefect, signal);
  const { prefect, clock, random } = ports;
  const preparation = await prepare(
    {
      flowRun,
      log: recorder(logs, 'prefect.flow_runs.worker', sent),
      isAdopted: false,
      conceal: concealIn(sent),
    },
    {
      prefect,
      reads: new JobReads(prefect, clock, signal),
      judge: 'us',
      breaker: undefined,
      notices: undefined,
      loop: new LoopShare(clock),
      workPool: () => workPool,
      worker: () => ports.worker,
      settings: ports.settings,
      aws: {
        sessionFor: async (credentials, asked) =>
          readingOnly(await ports.aws.sessionFor(credentials, asked), sent),
      },
      definitions: new Definitions(clock, random, () => ({
        attempts: 1,
        initialDelaySeconds: 0,
        maxDelaySeconds: 0,
      })),
      logFor: (_flowRun, logger = 'prefect.flow_runs.worker') => recorder(logs, logger, sent),
    },
    signal,
  );
  const { plan, definition } = preparedOf(preparation);
  return plan.requestWith({
    definitionArn: definition.arn,
    newlyRegistered: definition.newlyRegistered,
  });
}

async function found(
  target: RenderTarget,
  prefect: PrefectApi,
  signal: AbortSignal,
): Promise<{ readonly flowRun: FlowRun; readonly workPool: WorkPool }> {
  if (target.kind === 'flow-run') {
    const flowRun = await prefect.readFlowRun(target.id, signal);
    if (flowRun === undefined) throw new RuntimeError(`Flow run '${target.id}' not found.`);
    return {
      flowRun,
      workPool: await poolOf(`Flow run '${target.id}'`, flowRun.workPoolName, prefect, signal),
    };
  }
  const { flowName, deploymentName } = target;
  const name = `${flowName}/${deploymentName}`;
  const deployment = await prefect.readDeploymentByName(flowName, deploymentName, signal);
  if (deployment === undefined) {
    throw new RuntimeError(
      `Deployment '${name}' not found. Give it as FLOW_NAME/DEPLOYMENT_NAME, as \`prefect deployment ls\` lists it.`,
    );
  }
  return {
    flowRun: runOf(deployment),
    workPool: await poolOf(`Deployment '${name}'`, deployment.workPoolName, prefect, signal),
  };
}

async function poolOf(
  whose: string,
  name: string | undefined,
  prefect: PrefectApi,
  signal: AbortSignal,
): Promise<WorkPool> {
  if (name === undefined)
    throw new RuntimeError(`${whose} has no work pool, so no worker would launch it.`);
  const workPool = await prefect.readWorkPool(name, signal);
  if (workPool === undefined) throw new RuntimeError(`Work pool '${name}' no longer exists.`);
  if (workPool.type !== 'ecs') {
    throw new RuntimeError(
      `Work pool '${name}' has type '${workPool.type}', but only pools of type 'ecs' can be rendered.`,
    );
  }
  return workPool;
}

/** The run that Prefect would create for a deployment, with a placeholder id and name. */
function runOf(deployment: Deployment): FlowRun {
  return FlowRun.parse({
    id: nobodysId,
    name: 'flow-run-name',
    flow_id: deployment.flowId ?? nobodysId,
    deployment_id: deployment.id,
    tags: deployment.tags,
    job_variables: {},
  });
}

/**
 * A read-only session. A registration is recorded, and answered with the revision that ECS would
 * most likely return.
 */
function readingOnly(session: AwsSession, sent: Sent): AwsSession {
  let newest: JsonObject | undefined;
  const refused = (): Promise<never> =>
    Promise.reject(new RuntimeError('Rendering never sends calls to AWS that change anything.'));
  return {
    ...session,
    describeTaskDefinition: async (reference, signal) =>
      (newest = await session.describeTaskDefinition(reference, signal)),
    registerTaskDefinition: (document) => {
      sent.registered = document;
      return Promise.resolve({ ...document, taskDefinitionArn: nextRevision(document, newest) });
    },
    deregisterTaskDefinition: refused,
    reserveLaunch: refused,
    runTask: refused,
    stopTask: refused,
  };
}

function nextRevision(document: JsonObject, newest: JsonObject | undefined): string {
  const arn = newest?.['taskDefinitionArn'];
  const revision = Number(newest?.['revision']);
  if (typeof arn !== 'string' || !Number.isInteger(revision))
    return `${String(document['family'])}:1`;
  return arn.replace(/:\d+$/, `:${revision + 1}`);
}
