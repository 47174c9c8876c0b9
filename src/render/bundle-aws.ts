import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import type { EcsTask } from '../core/task/task.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { AwsSession, RunTaskAnswer } from '../run/ports/aws.ts';
import type { AwsFacts } from './bundle-schema.ts';
import type { Sent } from './rendering.ts';

const account = '123456789012';

/** A session with the bundle's answers. Nothing leaves the process. */
export function bundleSession(facts: AwsFacts, region: string, sent: Sent): AwsSession {
  let attempts = 0;
  return {
    region,
    key: `bundle/${region}`,
    server: { now: () => new Date(0), ageMs: () => 0 },
    registerTaskDefinition: (document) => {
      sent.registered = document;
      return Promise.resolve({ ...document, taskDefinitionArn: nextArn(facts, region, document) });
    },
    account: () => Promise.resolve(undefined),
    describeTaskDefinition: (reference) => {
      const found = definitionFor(facts, reference);
      return found === undefined
        ? Promise.reject(
            refusal(
              'ClientException',
              'Unable to describe task definition.',
              'DescribeTaskDefinition',
            ),
          )
        : Promise.resolve(found);
    },
    deregisterTaskDefinition: () => Promise.resolve(),
    reserveLaunch: () => Promise.resolve({ giveBack: () => undefined }),
    runTask: () => {
      attempts += 1;
      const answers = facts.run_task ?? [];
      return answerOf(answers[Math.min(attempts, answers.length) - 1], region);
    },
    describeTasks: () => Promise.resolve({ tasks: [], failures: [] }),
    describeChangedTasks: () => Promise.resolve({ changed: [], unchanged: [], failures: [] }),
    listTasks: () => Promise.resolve([]),
    stopTask: () => Promise.resolve(undefined),
    readLog: () => Promise.resolve(undefined),
    streamsWithLines: () => Promise.resolve(new Set()),
    findVpc: (vpcId) => {
      const vpcs = facts.vpcs ?? [];
      const found =
        vpcId === undefined
          ? vpcs.find((vpc) => vpc.IsDefault === true)
          : vpcs.find((vpc) => vpc.VpcId === vpcId);
      return Promise.resolve(found?.VpcId);
    },
    readSubnets: (vpcId) =>
      Promise.resolve(
        (facts.subnets ?? [])
          .filter((subnet) => subnet.VpcId === vpcId)
          .map((subnet) => ({
            subnetId: subnet.SubnetId,
            availabilityZone: subnet.AvailabilityZone,
            vpcId: subnet.VpcId,
          })),
      ),
  };
}

function refusal(code: string, message: string, operation: string): AwsCallError {
  return new AwsCallError({ code, message, operation, status: 400 });
}

function answerOf(
  answer: NonNullable<AwsFacts['run_task']>[number] | undefined,
  region: string,
): Promise<RunTaskAnswer> {
  if (answer === undefined) return Promise.resolve({ tasks: [startedTask(region)], failures: [] });
  const { error } = answer;
  if (error !== undefined) return Promise.reject(refusal(error.code, error.message, 'RunTask'));
  const { tasks, failures } = answer;
  return Promise.resolve({
    tasks: (tasks ?? []).map(() => startedTask(region)),
    failures: (failures ?? []).map(({ arn, reason, detail }) => ({ arn, reason, detail })),
  });
}

function startedTask(region: string): EcsTask {
  const cluster = `arn:aws:ecs:${region}:${account}:cluster/default`;
  return {
    taskArn: `arn:aws:ecs:${region}:${account}:task/default/${'0'.repeat(32)}`,
    clusterArn: cluster,
    taskDefinitionArn: undefined,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    stopCode: undefined,
    stoppedReason: undefined,
    startedBy: undefined,
    version: 1,
    createdAt: undefined,
    startedAt: undefined,
    containers: [],
    tags: {},
    flowRunIdInOverrides: undefined,
  };
}

/** Finds a definition by ARN, `family:revision`, or family (its latest ACTIVE revision). */
function definitionFor(facts: AwsFacts, reference: string): JsonObject | undefined {
  const all = facts.task_definitions ?? [];
  const exact = all.find(
    (definition) =>
      definition['taskDefinitionArn'] === reference ||
      `${String(definition['family'])}:${String(definition['revision'])}` === reference,
  );
  if (exact !== undefined) return exact;
  return all
    .filter(
      (definition) =>
        definition['family'] === familyIn(reference) && definition['status'] === 'ACTIVE',
    )
    .sort((one, other) => Number(other['revision']) - Number(one['revision']))[0];
}

/** The family may be given as an ARN without revision. */
function familyIn(reference: string): string {
  return reference.startsWith('arn:') ? (reference.split('/').at(-1) ?? '') : reference;
}

function nextArn(facts: AwsFacts, region: string, document: JsonObject): string {
  const family = String(document['family']);
  const revisions = (facts.task_definitions ?? [])
    .filter((definition) => definition['family'] === family)
    .map((definition) => Number(definition['revision']));
  const partition = region.startsWith('cn-')
    ? 'aws-cn'
    : region.startsWith('us-gov-')
      ? 'aws-us-gov'
      : 'aws';
  return `arn:${partition}:ecs:${region}:${account}:task-definition/${family}:${Math.max(0, ...revisions) + 1}`;
}
