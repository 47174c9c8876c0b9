import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type ECSClient,
  type RegisterTaskDefinitionCommandInput,
  type RunTaskCommandInput,
} from '@aws-sdk/client-ecs';
import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import { launchKindOf, type LaunchKind } from '../core/plan/launch-type.ts';
import { JsonRecord } from '../core/prefect/json.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Calls } from './calls.ts';
import { describeChangedTasks } from './changed-tasks.ts';
import type { logReads } from './log-reads.ts';
import type { Identity } from './identity.ts';
import type { NetworkReads } from './network-reads.ts';
import { exactBody } from './exact-body.ts';
import { failuresOf, taskOf, tasksOf } from './task.ts';
import { allPages, toldTexts, unreadableAnswer } from './told.ts';
import type { RemoteClock } from '../kernel/remote-clock.ts';

type LogReads = ReturnType<typeof logReads>;

export interface SessionParts {
  readonly ecs: ECSClient;
  readonly network: () => Promise<NetworkReads>;
  readonly logs: () => Promise<LogReads>;
  readonly identity: Pick<Identity, 'account' | 'learnFrom'>;
  readonly calls: Calls;
  readonly region: string;
  /** The same key means the same identity and region. Contains no secret. */
  readonly key: string;
  readonly server: RemoteClock;
}

/**
 * AWS with one set of credentials in one region. Rejects with AwsCallError
 * (core/diagnosis/aws-error.ts).
 */
export function awsSession({
  ecs,
  network,
  identity,
  logs,
  calls,
  region,
  key,
  server,
}: SessionParts) {
  return {
    region,
    key,
    server,

    account: (signal: AbortSignal): Promise<string | undefined> => identity.account(signal),

    registerTaskDefinition: async (
      document: JsonObject,
      signal: AbortSignal,
    ): Promise<JsonObject> => {
      // Checked against AWS's shapes when the run was prepared, or accepted unchecked on purpose.
      const input = document as unknown as RegisterTaskDefinitionCommandInput;
      const answer = await calls.once(
        'RegisterTaskDefinition',
        'task-definition-modify',
        signal,
        async (abortSignal) => {
          const command = new RegisterTaskDefinitionCommand(input);
          command.middlewareStack.add(...exactBody(document));
          const { taskDefinition } = await ecs.send(command, { abortSignal });
          return definitionIn(taskDefinition, 'RegisterTaskDefinition');
        },
      );
      identity.learnFrom(answer['taskDefinitionArn']);
      return answer;
    },

    describeTaskDefinition: async (
      taskDefinition: string,
      signal: AbortSignal,
    ): Promise<JsonObject> => {
      const answer = await calls.repeated(
        'DescribeTaskDefinition',
        'task-definition-read',
        signal,
        async (abortSignal) => {
          const command = new DescribeTaskDefinitionCommand({ taskDefinition });
          const told = await ecs.send(command, { abortSignal });
          return definitionIn(told.taskDefinition, 'DescribeTaskDefinition');
        },
      );
      identity.learnFrom(answer['taskDefinitionArn']);
      return answer;
    },

    deregisterTaskDefinition: async (
      taskDefinition: string,
      signal: AbortSignal,
    ): Promise<void> => {
      await calls.repeated(
        'DeregisterTaskDefinition',
        'task-definition-modify',
        signal,
        (abortSignal) =>
          ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }), { abortSignal }),
      );
    },

    reserveLaunch: (kind: LaunchKind, signal: AbortSignal) => calls.reserveLaunch(kind, signal),

    runTask: async (request: JsonObject, signal: AbortSignal) => {
      // As above: the request is built from the user's template.
      const input = request as unknown as RunTaskCommandInput;
      const sent = calls.launched('RunTask', launchKindOf(request), signal, async (abortSignal) => {
        const command = new RunTaskCommand(input);
        command.middlewareStack.add(...exactBody(request));
        const { tasks, failures } = await ecs.send(command, { abortSignal });
        return { tasks: tasksOf(tasks), failures: failuresOf(failures) };
      });
      try {
        return await sent;
      } catch (error) {
        if (isAboutNetwork(error)) (await network()).forget();
        throw error;
      }
    },

    describeTasks: async (cluster: string, taskArns: readonly string[], signal: AbortSignal) => {
      const input = { cluster, tasks: [...taskArns], include: ['TAGS' as const] };
      return calls.repeated(
        'DescribeTasks',
        'cluster-resource-read',
        signal,
        async (abortSignal) => {
          const { tasks, failures } = await ecs.send(new DescribeTasksCommand(input), {
            abortSignal,
          });
          return { tasks: tasksOf(tasks), failures: failuresOf(failures) };
        },
      );
    },

    describeChangedTasks: (
      cluster: string,
      taskArns: readonly string[],
      known: ReadonlyMap<string, string>,
      signal: AbortSignal,
    ) =>
      calls.repeated(
        'DescribeTasks',
        'cluster-resource-read',
        signal,
        (abortSignal) =>
          describeChangedTasks(ecs, { cluster, tasks: [...taskArns] }, known, abortSignal),
        'sweep',
      ),

    listTasks: (
      query: {
        readonly cluster: string;
        readonly startedBy?: string;
        readonly family?: string;
        readonly desiredStatus?: 'RUNNING' | 'STOPPED';
      },
      signal: AbortSignal,
    ): Promise<readonly string[]> => {
      return allPages('ListTasks', (token) =>
        calls.repeated('ListTasks', 'cluster-resource-read', signal, async (abortSignal) => {
          const page = token === undefined ? query : { ...query, nextToken: token };
          const { taskArns, nextToken } = await ecs.send(new ListTasksCommand(page), {
            abortSignal,
          });
          return { items: toldTexts(taskArns, 'ListTasks', 'taskArns'), next: nextToken };
        }),
      );
    },

    stopTask: async (
      { clusterArn, taskArn }: { readonly clusterArn: string; readonly taskArn: string },
      reason: string,
      behind: 'nothing' | 'launches',
      signal: AbortSignal,
    ) => {
      const input = { cluster: clusterArn, task: taskArn, reason: reason.slice(0, longestReason) };
      const answer = await calls.repeated(
        'StopTask',
        'cluster-resource-modify',
        signal,
        (abortSignal) => ecs.send(new StopTaskCommand(input), { abortSignal }),
        behind === 'launches' ? 'sweep' : 'cancel',
      );
      return answer.task === undefined ? undefined : taskOf(answer.task);
    },

    readLog: async (query: Parameters<LogReads['readLog']>[0], signal: AbortSignal) =>
      (await logs()).readLog(query, signal),

    streamsWithLines: async (
      query: Parameters<LogReads['streamsWithLines']>[0],
      signal: AbortSignal,
    ) => (await logs()).streamsWithLines(query, signal),

    findVpc: async (vpcId: string | undefined, _signal: AbortSignal): Promise<string | undefined> =>
      (await network()).findVpc(vpcId),

    readSubnets: async (vpcId: string, _signal: AbortSignal) =>
      (await network()).readSubnets(vpcId),
  };
}

/**
 * The error says that subnets or a VPC no longer exist. EC2's answers are kept for minutes and must
 * be cleared then.
 */
function isAboutNetwork(error: unknown): boolean {
  return error instanceof AwsCallError && /\b(subnet|vpc)/i.test(error.said);
}

/**
 * Characters of a stop's reason, as older pages of the API limit it. StopTask may refuse a longer
 * one, and the task would run on (aws-ecs.md B.4.4).
 */
const longestReason = 255;

/**
 * The SDK's document as plain JSON: dates become text, absent members vanish. An answer without the
 * ARN is unreadable.
 */
function definitionIn(taskDefinition: unknown, operation: string): JsonObject {
  const document = JsonRecord.safeParse(JSON.parse(JSON.stringify(taskDefinition ?? null)));
  const arn = document.data?.['taskDefinitionArn'];
  const isNamed =
    typeof arn === 'string' && /^arn:[^:]+:ecs:[^:]*:[^:]*:task-definition\/[^/]+:\d+$/.test(arn);
  if (document.data === undefined || !isNamed)
    throw unreadableAnswer(operation, 'task definition with an ARN');
  return document.data;
}
