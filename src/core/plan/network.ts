import { ValueError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { pyRepr } from '../job/py-repr.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { effectiveLaunchType } from './launch-type.ts';
import { isEmpty, objectIn, textIn } from '../job/shape.ts';

/** What to ask EC2 before a network configuration can be built. */
export interface NetworkQuestion {
  readonly kind: 'inferred' | 'custom';
  /** Undefined: the default VPC. */
  readonly vpcId: string | undefined;
}

/** EC2's answer. `vpcId` undefined: the VPC does not exist. Subnets in AWS's order. */
export interface NetworkFacts {
  readonly vpcId: string | undefined;
  readonly subnets: readonly {
    readonly subnetId: string;
    readonly availabilityZone: string | undefined;
  }[];
}

export interface NetworkConfiguration {
  readonly configuration: JsonObject;
  readonly warning: string | undefined;
}

/** RunTask accepts at most this many subnets (aws-ecs.md B.3.1). */
const mostSubnets = 16;

/**
 * Whether the run request's network must be looked up, and where (worker.md 7 rules 6 and 7).
 */
export function networkQuestionOf(
  job: EcsJob,
  definition: JsonObject,
): NetworkQuestion | undefined {
  if (textIn(definition['networkMode']) !== 'awsvpc') return undefined;
  if (!isEmpty(job.networkConfiguration)) {
    return job.vpcId === undefined ? undefined : { kind: 'custom', vpcId: job.vpcId };
  }
  if (!isEmpty(job.taskRunRequest['networkConfiguration'])) return undefined;
  return { kind: 'inferred', vpcId: job.vpcId };
}

/** The `networkConfiguration` from EC2's answer (worker.md 7.1, 7.2). Throws ValueError. */
export function networkConfigurationFor(
  job: EcsJob,
  definition: JsonObject,
  question: NetworkQuestion,
  facts: NetworkFacts,
): NetworkConfiguration {
  const place = question.vpcId === undefined ? 'the default VPC' : `VPC with ID ${question.vpcId}`;
  if (facts.vpcId === undefined) {
    throw new ValueError(
      `Failed to find ${place}. Network configuration cannot be inferred. ${adviceFor(question)}`,
    );
  }
  if (facts.subnets.length === 0) {
    throw new ValueError(
      `Failed to find subnets for ${place}. Network configuration cannot be inferred.`,
    );
  }
  return question.kind === 'custom'
    ? customNetwork(job, place, facts)
    : inferredNetwork(job, definition, place, facts);
}

function adviceFor(question: NetworkQuestion): string {
  if (question.kind === 'custom') return 'Pass an explicit `vpc_id`.';
  return question.vpcId === undefined
    ? 'Pass an explicit `vpc_id` or configure a default VPC.'
    : 'Check that the VPC exists in the current region.';
}

function customNetwork(job: EcsJob, place: string, facts: NetworkFacts): NetworkConfiguration {
  const configuration = configuredNetwork(job);
  const given = objectIn(configuration['awsvpcConfiguration']);
  const subnets = Array.isArray(given['subnets']) ? given['subnets'] : [];
  const known = new Set<unknown>(facts.subnets.map((subnet) => subnet.subnetId));
  if (!subnets.every((subnet: unknown) => known.has(subnet))) {
    throw new ValueError(
      // No blank after the first full stop, as in the Python worker: users match this text.
      `Subnets ${pyRepr(subnets)} not found within ${place}.` +
        'Please check that VPC is associated with supplied subnets.',
    );
  }
  return { configuration, warning: undefined };
}

/**
 * The job's own, as RunTask takes it. Users write it with its outer object, or without
 * (worker.md Q20).
 */
export function configuredNetwork({ networkConfiguration }: EcsJob): JsonObject {
  return isEmpty(networkConfiguration['awsvpcConfiguration'])
    ? { awsvpcConfiguration: networkConfiguration }
    : networkConfiguration;
}

function inferredNetwork(
  job: EcsJob,
  definition: JsonObject,
  place: string,
  facts: NetworkFacts,
): NetworkConfiguration {
  const chosen = spreadOverZones(facts.subnets);
  const launchType = effectiveLaunchType(job.taskRunRequest, definition);
  const refusesPublicIp =
    launchType === 'EC2' || launchType === 'EXTERNAL' || launchType === undefined;
  return {
    configuration: {
      awsvpcConfiguration: {
        subnets: chosen,
        assignPublicIp: refusesPublicIp ? 'DISABLED' : 'ENABLED',
        securityGroups: [],
      },
    },
    warning:
      chosen.length < facts.subnets.length
        ? `Found ${facts.subnets.length} subnets in ${place}, but ECS accepts at most ${mostSubnets}. Using ` +
          `${chosen.length} of them, spread over the Availability Zones. Set \`network_configuration\` to choose others.`
        : undefined,
  };
}

/** All subnets, or as many as ECS accepts, one from each zone in turn to spread them evenly. */
function spreadOverZones(subnets: NetworkFacts['subnets']): readonly string[] {
  if (subnets.length <= mostSubnets) return subnets.map((subnet) => subnet.subnetId);
  const zones = new Map<string, string[]>();
  for (const { availabilityZone, subnetId } of subnets) {
    const zone = availabilityZone ?? '';
    zones.set(zone, [...(zones.get(zone) ?? []), subnetId]);
  }
  const rounds = Math.max(...[...zones.values()].map((ids) => ids.length));
  const inTurn = Array.from({ length: rounds }, (_, round) => round).flatMap((round) =>
    [...zones.values()].flatMap((ids) => ids.slice(round, round + 1)),
  );
  return inTurn.slice(0, mostSubnets);
}
