import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import { RuntimeError, ValidationError } from '../kernel/errors.ts';
import { mismatchWords } from '../kernel/mismatch.ts';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { LoopShare } from '../kernel/loop-share.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Random } from '../kernel/random.ts';
import { Definitions } from '../run/shared/task-definitions.ts';
import { launch } from '../run/launch/launch.ts';
import { prepare, type PreparePorts } from '../run/prepare/prepare.ts';
import type { RunSettings } from '../run/ports/run-settings.ts';
import { bundleSession } from './bundle-aws.ts';
import { Bundle } from './bundle-schema.ts';
import {
  concealIn,
  preparedOf,
  recorder,
  rendered,
  type Rendered,
  type RenderedLog,
  type Sent,
} from './rendering.ts';

/** The settings of the bundle's worker, parsed by the caller. */
export interface BundleSettings {
  readonly run: RunSettings;
  /** The region in the worker's own environment. */
  readonly region: string | undefined;
}

const nobodysId = '00000000-0000-4000-8000-000000000000';

export interface RenderOptions {
  readonly settingsOf: (worker: Bundle['worker']) => BundleSettings;
}

/** Renders a launch from a bundle only, with the same code as a launch. Sends nothing. */
export async function renderBundle(document: unknown, options: RenderOptions): Promise<Rendered> {
  return rendered(async (sent, logs) => launchBundle(bundleIn(document), options, sent, logs));
}

function bundleIn(document: unknown): Bundle {
  const parsed = Bundle.safeParse(document);
  if (parsed.success) return parsed.data;
  const words = mismatchWords(document, parsed.error);
  throw new ValidationError(
    `The bundle is not valid. ${words}. docs/bundles.md describes its format.`,
  );
}

async function launchBundle(
  bundle: Bundle,
  options: RenderOptions,
  sent: Sent,
  logs: RenderedLog[],
): Promise<JsonObject> {
  const settings = options.settingsOf(bundle.worker);
  const signal = new AbortController().signal;
  const clock = hurriedClock();
  const log = recorder(logs, 'prefect.flow_runs.worker', sent);
  const preparation = await prepare(
    { flowRun: bundle.flow_run, log, isAdopted: false, conceal: concealIn(sent) },
    portsFor(bundle, settings, clock, { sent, logs }),
    signal,
  );
  const { job, session, plan, definition } = preparedOf(preparation);
  const what = {
    flowRunId: job.flowRunId,
    launchId: nobodysId,
    token: nobodysId,
    attempt: 1,
    session,
    requestWith: (definitionArn: string) =>
      plan.requestWith({ definitionArn, newlyRegistered: definition.newlyRegistered }),
    definitionArn: definition.arn,
    mayCall: () => Promise.resolve(),
    onUnanswered: () => undefined,
    nextTurn: () => Promise.resolve(),
    provideAgain: undefined,
    waitsForCapacity: false,
    configureCloudwatchLogs: job.configureCloudwatchLogs,
    redactor: plan.redactor,
    executionRoleArn: plan.executionRoleArn,
  };
  await launch(what, { clock, random: middling, settings: () => settings.run }, log, signal);
  return what.requestWith(definition.arn);
}

function portsFor(
  bundle: Bundle,
  settings: BundleSettings,
  clock: Clock,
  { sent, logs }: { readonly sent: Sent; readonly logs: RenderedLog[] },
): PreparePorts {
  const { worker, deployment } = bundle;
  const blocks = bundle.block_documents ?? [];
  const variables = bundle.variables ?? {};
  const regionOf = (credentials: AwsCredentials): string => {
    const configured = credentials.clientParameters.config?.['region_name'];
    const region =
      credentials.regionName ??
      (typeof configured === 'string' ? configured : undefined) ??
      settings.region;
    if (region === undefined) throw new RuntimeError('You must specify a region.');
    return region;
  };
  return {
    // A launch reads only this from Prefect. Anything that the bundle lacks does not exist.
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
    breaker: undefined,
    notices: undefined,
    loop: new LoopShare(systemClock),
    workPool: () => bundle.work_pool,
    worker: () => ({
      name: worker.name,
      processId: nobodysId,
      backendId: worker.id ?? undefined,
      prefectVersion: worker.prefect_version,
    }),
    settings: () => settings.run,
    aws: {
      sessionFor: (credentials: AwsCredentials) =>
        Promise.resolve(bundleSession(bundle.aws, regionOf(credentials), sent)),
    },
    definitions: new Definitions(clock, middling, () => ({
      attempts: 1,
      initialDelaySeconds: 0,
      maxDelaySeconds: 0,
    })),
    logFor: (_flowRun, logger = 'prefect.flow_runs.worker') => recorder(logs, logger, sent),
  };
}

/**
 * Rendering a bundle never waits, but its clock advances, so that retries with a time limit end.
 */
function hurriedClock(): Clock {
  let elapsedMs = 0;
  return {
    now: () => new Date(elapsedMs),
    monotonicMs: () => elapsedMs,
    sleep: (ms) => {
      elapsedMs += ms;
      return Promise.resolve();
    },
  };
}

const middling: Random = { next: () => 0.5, uuid: () => nobodysId };
