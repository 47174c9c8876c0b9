import type { EcsJob, JobWarning } from '../../core/job/ecs-job.ts';
import {
  factsNeededFor,
  launchPlanFor,
  linkedWarnings,
  networkQuestionFor,
  redactorOf,
  type LaunchPlan,
  type Redactor,
} from '../../core/plan/launch-plan.ts';
import { capacityKeyOf } from '../../core/plan/capacity-key.ts';
import { launchKindOf, type LaunchKind } from '../../core/plan/launch-type.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { isPassing, isNotPrefectsWord } from '../../core/prefect/api-error.ts';
import { toError, ValueError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { ClaimPlace } from '../../core/claim/claim-record.ts';
import { configure, type ConfigurePorts } from './configure.ts';
import type { ProvidedDefinition } from '../shared/task-definitions.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { RunPorts } from '../run-context.ts';
import { redactedError, redactingLogger } from '../output/redaction.ts';

export type PreparePorts = ConfigurePorts &
  Pick<RunPorts, 'aws' | 'definitions' | 'logFor'> & {
    /** Who refuses what AWS surely will: we, before the call; or AWS's own answers, where a bundle holds them. */
    readonly judge: 'us' | 'aws';
  };

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
 * An error of the preparation is kept: the run is claimed first, and then crashed with it (ecs-worker.md 0.1). Only
 * Prefect being ill is thrown: nothing is wrong with the run, which stays scheduled and comes with the next poll.
 */
export async function prepare(
  flowRun: FlowRun,
  ports: PreparePorts,
  plainLog: Logger,
  signal: AbortSignal,
): Promise<Preparation> {
  let redactor: Redactor | undefined;
  try {
    const configuration = await configure(flowRun, ports, signal);
    if (configuration.kind === 'deployment-gone') return configuration;
    const { job } = configuration;
    redactor = redactorOf(job);
    const log = redactingLogger(redactor, plainLog);
    const session = await ports.aws.sessionFor(job.awsCredentials, signal);
    const warn = (warnings: readonly JobWarning[]): void => {
      for (const { logger, level, message } of warnings) ports.logFor(flowRun, logger)[level](message);
    };
    warn(job.warnings);
    const plan = await planFor({ job, session }, ports, { warn, log }, signal);
    warn(plan.warnings);
    if (plan.problem !== undefined && ports.judge === 'us') throw new ValueError(plan.problem);
    const definition = await provideDefinition({ job, plan, session }, ports, log, signal);
    log.info(`Using ECS task definition '${definition.arn}'...`);
    return { kind: 'ready', prepared: { job, session, plan, definition } };
  } catch (error) {
    signal.throwIfAborted();
    if (isPassing(error) || isNotPrefectsWord(error)) throw error;
    return {
      kind: 'failed',
      error: redactor === undefined ? toError(error) : redactedError(redactor, toError(error)),
    };
  }
}

async function planFor(
  { job, session }: Pick<Prepared, 'job' | 'session'>,
  ports: PreparePorts,
  { warn, log }: { readonly warn: (warnings: readonly JobWarning[]) => void; readonly log: Logger },
  signal: AbortSignal,
): Promise<LaunchPlan> {
  const linkedReference = factsNeededFor(job).linkedDefinition;
  const linkedDefinition =
    linkedReference === undefined
      ? undefined
      : await ports.definitions.readLinked(linkedReference, session, log, signal);
  if (linkedDefinition !== undefined) warn(linkedWarnings(job, linkedDefinition));
  const question = networkQuestionFor(job, linkedDefinition);
  const vpcId = question === undefined ? undefined : await session.findVpc(question.vpcId, signal);
  const subnets = vpcId === undefined ? [] : await session.readSubnets(vpcId, signal);
  return launchPlanFor(job, {
    region: session.region,
    ...(linkedDefinition !== undefined && { linkedDefinition }),
    ...(question !== undefined && { network: { vpcId, subnets } }),
  });
}

export async function provideDefinition(
  { job, plan, session }: Omit<Prepared, 'definition'>,
  ports: PreparePorts,
  log: Logger,
  signal: AbortSignal,
): Promise<ProvidedDefinition> {
  if (plan.definition.kind === 'linked') {
    return { arn: plan.definition.reference, newlyRegistered: false };
  }
  return ports.definitions.provide(plan.definition, job.matchLatestRevisionInFamily, session, log, signal);
}

/** Where the claim's message says that the task will run. */
export function placeOf(prepared: Prepared): ClaimPlace {
  const { plan, definition, session } = prepared;
  const arn =
    plan.definition.kind === 'linked' ? plan.definition.document['taskDefinitionArn'] : definition.arn;
  const account = String(arn).split(':')[4] ?? 'unknown account';
  return { cluster: plan.cluster ?? 'default', account, region: session.region };
}

/** What the launch competes for with others, as the job asks for it. */
export function capacityKeyFor(prepared: Prepared): string {
  return capacityKeyOf(placeOf(prepared), requestOf(prepared), prepared.plan.definition.document);
}

export function launchKindFor(prepared: Prepared): LaunchKind {
  return launchKindOf(requestOf(prepared));
}

function requestOf({ plan, definition }: Prepared): JsonObject {
  return plan.requestWith({ definitionArn: definition.arn, newlyRegistered: false });
}
