import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import { RuntimeError, toError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import { loggerOver } from '../kernel/console-logger.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import { Definitions } from '../run/definitions.ts';
import { launch } from '../run/launch.ts';
import { prepare, type PreparePorts } from '../run/prepare.ts';
import type { RunSettings } from '../run/run-ports.ts';
import { bundleSession, type Sent } from './bundle-aws.ts';
import { Bundle } from './bundle-schema.ts';

/** One line that the launch would have logged; `flow_run` or `worker` says whose log. */
export interface RenderedLog {
  readonly logger: 'flow_run' | 'worker';
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
}

/** What a launch would send. */
export interface Rendered {
  readonly register_task_definition: JsonObject | null;
  readonly run_task: JsonObject | null;
  readonly error: { readonly name: string; readonly message: string } | null;
  readonly logs: readonly RenderedLog[];
  /** The newest revision of the family, and where it differs; absent when there is none, or it is used. */
  readonly reuse?: { readonly taskDefinition: string; readonly differsAt: readonly string[] };
}

/** What the bundle's worker would read from its environment: the caller's way of reading settings. */
export interface BundleSettings {
  readonly run: RunSettings;
  /** Where the worker's own environment says that AWS is. */
  readonly region: string | undefined;
}

export interface RenderOptions {
  readonly settingsOf: (worker: Bundle['worker']) => BundleSettings;
}

/** Renders a launch from a bundle alone, through the functions that a launch itself goes through. Sends nothing. */
export async function renderBundle(document: unknown, options: RenderOptions): Promise<Rendered> {
  const logs: RenderedLog[] = [];
  const sent: Sent = { registered: undefined, run: undefined, unequal: undefined };
  try {
    const bundle = Bundle.parse(document);
    const run_task = await launchBundle(bundle, options, sent, logs);
    const reuse = sent.unequal === undefined ? {} : { reuse: sent.unequal };
    return { register_task_definition: sent.registered ?? null, run_task, error: null, logs, ...reuse };
  } catch (thrown) {
    const { name, message } = toError(thrown);
    return {
      register_task_definition: sent.registered ?? null,
      run_task: null,
      error: { name, message },
      logs,
    };
  }
}

async function launchBundle(
  bundle: Bundle,
  options: RenderOptions,
  sent: Sent,
  logs: RenderedLog[],
): Promise<JsonObject> {
  const settings = options.settingsOf(bundle.worker);
  const signal = new AbortController().signal;
  const log = recorder(logs, 'prefect.flow_runs.worker', sent);
  const preparation = await prepare(bundle.flow_run, portsFor(bundle, settings, sent, logs), log, signal);
  if (preparation.kind === 'failed') throw preparation.error;
  if (preparation.kind === 'deployment-gone') {
    throw new RuntimeError(`Deployment ${preparation.deploymentId} no longer exists.`);
  }
  const { job, session, plan, definition } = preparation.prepared;
  const what = {
    flowRunId: job.flowRunId,
    launchId: '00000000-0000-4000-8000-000000000000',
    session,
    requestWith: (definitionArn: string) =>
      plan.requestWith({ definitionArn, newlyRegistered: definition.newlyRegistered }),
    definitionArn: definition.arn,
    provideAgain: undefined,
    configureCloudwatchLogs: job.configureCloudwatchLogs,
    executionRoleArn: job.executionRoleArn,
  };
  await launch(what, { clock: timeless, random: middling, settings: () => settings.run }, log, signal);
  return what.requestWith(definition.arn);
}

function portsFor(bundle: Bundle, settings: BundleSettings, sent: Sent, logs: RenderedLog[]): PreparePorts {
  const { worker, deployment } = bundle;
  const blocks = bundle.block_documents ?? [];
  const variables = bundle.variables ?? {};
  const regionOf = (credentials: AwsCredentials): string => {
    const configured = credentials.clientParameters.config?.['region_name'];
    const region =
      credentials.regionName ?? (typeof configured === 'string' ? configured : undefined) ?? settings.region;
    if (region === undefined) throw new RuntimeError('You must specify a region.');
    return region;
  };
  return {
    // A launch reads of Prefect no more than this; what a bundle does not hold is not there.
    prefect: {
      readBlockDocument: (id: string) => Promise.resolve(blocks.find((block) => block.id === id)),
      readBlockDocumentByName: (typeSlug: string, name: string) =>
        Promise.resolve(blocks.find((block) => block.typeSlug === typeSlug && block.name === name)),
      readVariable: (name: string) => {
        const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
        return Promise.resolve(
          value === undefined ? { kind: 'missing' as const } : { kind: 'found' as const, value },
        );
      },
    },
    reads: {
      deployment: () => Promise.resolve(deployment ?? undefined),
      flow: () => Promise.resolve(bundle.flow),
    },
    judge: 'aws',
    workPool: () => bundle.work_pool,
    worker: () => ({
      name: worker.name,
      processId: '00000000-0000-4000-8000-000000000000',
      backendId: worker.id ?? undefined,
      prefectVersion: worker.prefect_version,
    }),
    settings: () => settings.run,
    aws: {
      sessionFor: (credentials: AwsCredentials) =>
        Promise.resolve(bundleSession(bundle.aws, regionOf(credentials), sent)),
    },
    definitions: new Definitions(timeless, middling, () => ({
      attempts: 1,
      initialDelaySeconds: 0,
      maxDelaySeconds: 0,
    })),
    logFor: (_flowRun, logger = 'prefect.flow_runs.worker') => recorder(logs, logger, sent),
  };
}

function recorder(logs: RenderedLog[], logger: string, sent: Sent): Logger {
  const whose = logger.startsWith('prefect.flow_runs') ? 'flow_run' : 'worker';
  return loggerOver((level, message, { taskDefinition, differsAt }) => {
    logs.push({ logger: whose, level, message });
    if (typeof taskDefinition !== 'string' || !Array.isArray(differsAt)) return;
    sent.unequal = { taskDefinition, differsAt: differsAt.map(String) };
  }, {});
}

/** Nothing waits while a bundle is rendered. */
const timeless: Clock = { now: () => new Date(0), monotonicMs: () => 0, sleep: () => Promise.resolve() };
const middling: Random = { next: () => 0.5, uuid: () => '00000000-0000-4000-8000-000000000000' };
