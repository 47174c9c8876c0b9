import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import type { TaskPlan } from './ecs/executor.ts';
import { LocalAws } from './local-aws.ts';
import type { LocalAwsOptions } from './local-aws-options.ts';
import { ScriptExecutor, type TaskStory } from './ecs/script-executor.ts';

const prefixes: Readonly<Record<string, string>> = {
  ecs: 'AmazonEC2ContainerServiceV20141113',
  logs: 'Logs_20140328',
  sqs: 'AmazonSQS',
  events: 'AWSEvents',
};

export type Answer = Readonly<Record<string, Anything>> & { readonly status: number };
/** Tests read the answers they asked for. A missing member is undefined. */
type Anything = ReturnType<typeof JSON.parse>;

export interface CallOptions {
  readonly account?: string;
  readonly region?: string;
  readonly signal?: AbortSignal;
}

/** A request as an AWS SDK sends it to a JSON service. */
export function jsonRequest(
  service: string,
  operation: string,
  input: unknown,
  { account = '111122223333', region = 'us-east-1', signal }: CallOptions = {},
): Request {
  return new Request('http://127.0.0.1/', {
    method: 'POST',
    headers: {
      'content-type': `application/x-amz-json-${service === 'sqs' ? '1.0' : '1.1'}`,
      'x-amz-target': `${prefixes[service] ?? service}.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20300101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
    ...(signal !== undefined && { signal }),
  });
}

/** A local AWS on a manual clock whose tasks follow stories. */
export function awsWorld(
  options: Partial<LocalAwsOptions> & {
    readonly story?: (plan: TaskPlan) => TaskStory;
    readonly seed?: number;
  } = {},
) {
  const clock = new ManualClock();
  const { story = () => ({}), seed = 1, ...rest } = options;
  const executor = new ScriptExecutor({ clock, story });
  const aws = new LocalAws({
    clock,
    random: seededRandom(seed),
    executor,
    account: '111122223333',
    ...rest,
  });
  const call = async (
    service: string,
    operation: string,
    input: unknown = {},
    callOptions: CallOptions = {},
  ): Promise<Answer> => {
    const response = await aws.handle(jsonRequest(service, operation, input, callOptions));
    return { ...JSON.parse(await response.text()), status: response.status };
  };
  const ecs = (operation: string, input: unknown = {}, callOptions: CallOptions = {}) =>
    call('ecs', operation, input, callOptions);
  return {
    clock,
    executor,
    aws,
    call,
    ecs,
    register: (changes: object = {}) =>
      ecs('RegisterTaskDefinition', { ...definition, ...changes }),
    run: (changes: object = {}) => ecs('RunTask', { ...request, ...changes }),
    describe: async (taskArn: string) => {
      const { tasks } = await ecs('DescribeTasks', { tasks: [taskArn], include: ['TAGS'] });
      return tasks[0];
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
}

export const definition = {
  family: 'job',
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [{ name: 'main', image: 'example/job:1', command: ['run'] }],
};

export const request = {
  taskDefinition: 'job',
  launchType: 'FARGATE',
  networkConfiguration: {
    awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'], assignPublicIp: 'ENABLED' },
  },
};
