import type { EcsJob, JobWarning } from '../../core/job/ecs-job.ts';
import {
  factsNeededFor,
  launchPlanFor,
  linkedWarnings,
  networkQuestionFor,
  type LaunchPlan,
} from '../../core/plan/launch-plan.ts';
import { judgeJob, judgeLinked } from '../../core/guard/launch.ts';
import { checkLinkedRequest, checkParameters } from '../../core/plan/check-parameters.ts';
import { capacityKeyOf } from '../../core/plan/capacity-key.ts';
import { launchKindOf, type LaunchKind } from '../../core/plan/launch-type.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { isPassing, isNotPrefectsWord } from '../../core/prefect/api-error.ts';
import { toError, ValueError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { ClaimPlace } from '../../core/claim/claim-record.ts';
import { configure, type ConfigurePorts, type TellNotices } from './configure.ts';
import type { ProvidedDefinition } from '../shared/provided-definition.ts';
import type { AwsSession } from '../ports/aws.ts';
import { type Breaker } from '../shared/breaker.ts';
import { HeldBackError, openGate, type Asking, type Gate } from '../shared/gate.ts';
import { probeFor } from '../shared/probe-key.ts';
import { needsOf } from '../../core/breaker/needs.ts';
import type { DefinitionSession } from '../shared/provided-definition.ts';
import type { Notices } from '../shared/notices.ts';
import type { RunPorts } from '../run-context.ts';
import type { Conceal } from '../ports/conceal.ts';

export type PreparePorts = ConfigurePorts &
  Pick<RunPorts, 'aws' | 'definitions' | 'logFor'> & {
    /**
     * Who judges what AWS would refuse: `us`, before the call; or AWS's recorded answers in a
     * bundle.
     */
    readonly judge: 'us' | 'aws';
    /**
     * Holds back runs that something refuses which is not their fault; undefined: every error is
     * reported.
     */
    readonly breaker: Pick<Breaker, 'gate' | 'prefectGate'> | undefined;
    /** Remembers which notices of a deployment were logged; undefined: log all. */
    readonly notices: Pick<Notices, 'news'> | undefined;
  };

/** The run to prepare. */
export interface Preparing {
  readonly flowRun: FlowRun;
  readonly log: Logger;
  /** Another process made its claim. */
  readonly isAdopted: boolean;
  readonly conceal: Conceal;
}

/** Everything that can be known before the claim. */
export interface Prepared {
  readonly job: EcsJob;
  readonly session: AwsSession;
  readonly plan: LaunchPlan;
  readonly definition: ProvidedDefinition;
}

export type Preparation =
  | { readonly kind: 'ready'; readonly prepared: Prepared }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'deployment-gone'; readonly deploymentId: string };

/**
 * Prepares a run. An error is kept: the run is claimed first, and then crashed with it (worker.md
 * 0.1 step 2). If Prefect is ill the error is thrown, because nothing is wrong with the run: it
 * stays scheduled, and the next poll offers it again.
 */
export async function prepare(
  { flowRun, log, isAdopted, conceal }: Preparing,
  ports: PreparePorts,
  signal: AbortSignal,
): Promise<Preparation> {
  const tell = noticeTeller(flowRun, ports, log);
  try {
    const read =
      ports.breaker?.prefectGate(askingPrefect({ flowRun, log, isAdopted }), signal) ?? openGate;
    const configuration = await read(sharedReads(flowRun), () =>
      configure({ flowRun, conceal, tell }, ports, signal),
    );
    if (configuration.kind === 'deployment-gone') return configuration;
    const { job, deploymentVariables } = configuration;
    judgeJob(job, ports.settings().guardRails);
    const session = await ports.aws.sessionFor(job.awsCredentials, signal);
    const warn = (warnings: readonly JobWarning[]): void => {
      for (const { logger, level, message } of warnings)
        ports.logFor(flowRun, logger)[level](message);
    };
    warn(job.warnings);
    checkParameters(job, session.region, {
      allowsUnknown: ports.settings().allowsUnknownAwsFields,
    });
    const gate =
      ports.breaker?.gate(askingFor({ job, session }, { flowRun, log, isAdopted }), signal) ??
      openGate;
    const plan = await planFor({ job, session }, ports, { warn, log, gate }, signal);
    warn(plan.warnings);
    tell(plan.notices, deploymentVariables);
    await ports.loop.pause();
    if (plan.problem !== undefined && ports.judge === 'us') throw new ValueError(plan.problem);
    const definition = await provideDefinition({ job, plan, session, gate }, ports, log, signal);
    log.info(`Using ECS task definition '${definition.arn}'...`);
    if (log.isDebugging)
      log.debug(
        `Task definition ${JSON.stringify(plan.redactor.document(plan.definition.document))}`,
      );
    return { kind: 'ready', prepared: { job, session, plan, definition } };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HeldBackError || isPassing(error) || isNotPrefectsWord(error)) throw error;
    return { kind: 'failed', error: toError(error) };
  }
}

/** Logs notices to the run for its author, and to the worker for operators. */
function noticeTeller(
  { deploymentId, flowId }: FlowRun,
  { notices }: Pick<PreparePorts, 'notices'>,
  log: Logger,
): TellNotices {
  return (messages, variables) => {
    const news = notices?.news({ id: deploymentId ?? flowId, variables }, messages) ?? messages;
    for (const message of news) log.warning(message);
  };
}

async function planFor(
  { job, session }: Pick<Prepared, 'job' | 'session'>,
  ports: PreparePorts,
  {
    warn,
    log,
    gate,
  }: {
    readonly warn: (warnings: readonly JobWarning[]) => void;
    readonly log: Logger;
    readonly gate: Gate;
  },
  signal: AbortSignal,
): Promise<LaunchPlan> {
  const linkedReference = factsNeededFor(job).linkedDefinition;
  const linkedDefinition =
    linkedReference === undefined
      ? undefined
      : await ports.definitions.readLinked(linkedReference, gated(session, gate), log, signal);
  if (linkedDefinition !== undefined) {
    const { guardRails, allowsUnknownAwsFields } = ports.settings();
    judgeLinked(job, linkedDefinition, guardRails);
    checkLinkedRequest(job, linkedDefinition, { allowsUnknown: allowsUnknownAwsFields });
    warn(linkedWarnings(job, linkedDefinition));
  }
  await ports.loop.pause();
  const question = networkQuestionFor(job, linkedDefinition, session.region);
  const vpcId =
    question === undefined
      ? undefined
      : await gate('DescribeVpcs', () => session.findVpc(question.vpcId, signal));
  const subnets =
    vpcId === undefined
      ? []
      : await gate('DescribeSubnets', () => session.readSubnets(vpcId, signal));
  await ports.loop.pause();
  return launchPlanFor(job, {
    region: session.region,
    ...(linkedDefinition !== undefined && { linkedDefinition }),
    ...(question !== undefined && { network: { vpcId, subnets } }),
  });
}

function gated(session: AwsSession, gate: Gate): DefinitionSession {
  return {
    key: session.key,
    describeTaskDefinition: (name, signal) => session.describeTaskDefinition(name, signal),
    registerTaskDefinition: (document, signal) => session.registerTaskDefinition(document, signal),
    gate,
  };
}

/** Runs of one deployment share these reads of Prefect. */
function sharedReads({ deploymentId, flowId }: FlowRun): string {
  return deploymentId === undefined ? `flow ${flowId}` : `deployment ${deploymentId}`;
}

function askingPrefect({ flowRun, log, isAdopted }: Omit<Preparing, 'conceal'>): Asking {
  const chosen = { credentials: false, cluster: false, definition: false, roles: [] };
  const needs = { sessionKey: 'prefect', cluster: undefined, roles: [], chosen };
  return { flowRun, log, needs, isCounted: !isAdopted, probe: () => undefined };
}

/** What a run asks of AWS. */
export function askingFor(
  { job, session }: Pick<Prepared, 'job' | 'session'>,
  {
    flowRun,
    log,
    isAdopted,
  }: Pick<Preparing, 'log' | 'isAdopted'> & { readonly flowRun: Pick<FlowRun, 'id'> },
): Asking {
  const needs = needsOf(job, session.key);
  return { flowRun, log, needs, isCounted: !isAdopted, probe: () => probeFor(job, needs, session) };
}

export async function provideDefinition(
  { job, plan, session, gate = openGate }: Omit<Prepared, 'definition'> & { readonly gate?: Gate },
  ports: Pick<PreparePorts, 'definitions'>,
  log: Logger,
  signal: AbortSignal,
): Promise<ProvidedDefinition> {
  if (plan.definition.kind === 'linked') {
    return { arn: plan.definition.reference, newlyRegistered: false };
  }
  const isLookUpAskedFor = job.matchLatestRevisionInFamily;
  return ports.definitions.provide(
    plan.definition,
    isLookUpAskedFor,
    gated(session, gate),
    log,
    signal,
  );
}

/** Where the task will run, as the claim's message states it. */
export function placeOf(prepared: Prepared): ClaimPlace {
  const { plan, definition, session } = prepared;
  const arn =
    plan.definition.kind === 'linked'
      ? plan.definition.document['taskDefinitionArn']
      : definition.arn;
  const account = String(arn).split(':')[4] ?? 'unknown account';
  return { cluster: plan.cluster ?? 'default', account, region: session.region };
}

/** The capacity for which the launch competes, as the job asks for it. */
export function capacityKeyFor(prepared: Prepared): string {
  return capacityKeyOf(placeOf(prepared), requestOf(prepared), prepared.plan.definition.document);
}

export function launchKindFor(prepared: Prepared): LaunchKind {
  return launchKindOf(requestOf(prepared));
}

function requestOf({ plan, definition }: Prepared): JsonObject {
  return plan.requestWith({ definitionArn: definition.arn, newlyRegistered: false });
}
