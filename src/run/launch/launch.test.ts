import { describe, expect, it } from 'vitest';
import { AwsCallError, NoCredentialsError } from '../../core/diagnosis/aws-error.ts';
import { ecsTask } from '../../core/task/ecs-task.test-support.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { launch, LaunchDeniedError, LaunchOutcomeUnknownError, NoCapacityError } from './launch.ts';
import { type Launched } from '../ports/task-follower.ts';
import type { AwsSession, RunTaskAnswer } from '../ports/aws.ts';

const never = new AbortController().signal;
const taskArn = 'arn:aws:ecs:eu-west-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8';
const clusterArn = 'arn:aws:ecs:eu-west-1:111122223333:cluster/dev';

const task = ecsTask({
  taskArn,
  clusterArn,
  lastStatus: 'PROVISIONING',
  desiredStatus: 'RUNNING',
  version: 1,
});
const placed: RunTaskAnswer = { tasks: [task], failures: [] };
const noRoom: RunTaskAnswer = {
  tasks: [],
  failures: [{ arn: undefined, reason: 'RESOURCE:MEMORY', detail: undefined }],
};

function refusal(
  code: string,
  message: string,
  status: number | 'no answer' = 400,
  resourceIds: readonly string[] = [],
): AwsCallError {
  return new AwsCallError({
    code,
    message,
    operation: 'RunTask',
    status: status === 'no answer' ? undefined : status,
    resourceIds,
  });
}

const illRole = new AwsCallError({
  code: 'ServiceUnavailable',
  message: 'x',
  operation: 'AssumeRole',
  status: 503,
});

interface Launching {
  readonly outcome: Promise<Launched | Error>;
  readonly requests: readonly JsonObject[];
  readonly provided: () => number;
  readonly turns: () => number;
  readonly lastCallSeconds: () => number;
  readonly warnings: readonly string[];
}

/** Launches against the given answers, the last of which repeats. Time passes as needed. */
function launchAgainst(
  answers: readonly (RunTaskAnswer | Error)[],
  template: JsonObject = {},
  waitsForCapacity = false,
): Launching {
  const clock = new ManualClock();
  const requests: JsonObject[] = [];
  const warnings: string[] = [];
  let provided = 0;
  let turns = 0;
  let lastCallMs = 0;
  const runTask: AwsSession['runTask'] = (request) => {
    requests.push(request);
    lastCallMs = clock.monotonicMs();
    const answer = answers[Math.min(requests.length, answers.length) - 1] ?? placed;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const launching = launch(
    {
      flowRunId: 'run-1',
      launchId: 'launch-1',
      token: 'launch-1',
      attempt: 1,
      session: { runTask },
      requestWith: (definitionArn) => ({
        ...template,
        cluster: 'dev',
        taskDefinition: definitionArn,
      }),
      definitionArn: 'definition:1',
      mayCall: () => Promise.resolve(),
      onUnanswered: () => undefined,
      nextTurn: () => {
        turns += 1;
        return Promise.resolve();
      },
      provideAgain: () => {
        provided += 1;
        return Promise.resolve('definition:2');
      },
      waitsForCapacity,
      redactor: { document: (document) => document },
      configureCloudwatchLogs: false,
      executionRoleArn: undefined,
    },
    {
      clock,
      random: seededRandom(1),
      settings: () => ({
        createTaskRunAttempts: 3,
        createTaskRunMinDelaySeconds: 1,
        createTaskRunMinDelayJitterSeconds: 0,
        createTaskRunMaxDelayJitterSeconds: 3,
      }),
    },
    { ...silentLogger, warning: (message) => void warnings.push(message) },
    never,
  ).then(
    (launched) => launched,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const outcome = (async () => {
    // longer than any launch keeps retrying
    for (let minutes = 0; minutes < 20; minutes += 1) await clock.elapse(60_000);
    return launching;
  })();
  const lastCallSeconds = (): number => lastCallMs / 1000;
  return {
    outcome,
    requests,
    provided: () => provided,
    turns: () => turns,
    lastCallSeconds,
    warnings,
  };
}

describe('Launches', () => {
  it('A launch carries the launch id as its token and shows in startedBy who made it', async () => {
    const { outcome, requests } = launchAgainst([placed]);

    expect(await outcome).toEqual({ taskArn, clusterArn });
    expect(requests).toEqual([
      {
        cluster: 'dev',
        taskDefinition: 'definition:1',
        clientToken: 'launch-1',
        startedBy: 'prefect/run-1/launch-1',
      },
    ]);
  });

  it("A launch keeps a template's own startedBy, but never its token", async () => {
    const { outcome, requests } = launchAgainst([placed], {
      startedBy: 'ours',
      clientToken: 'theirs',
    });
    await outcome;

    expect(requests[0]).toMatchObject({ startedBy: 'ours', clientToken: 'launch-1' });
  });

  it.each([
    ['resets', refusal('TimeoutError', 'socket hang up', 'no answer')],
    ['server errors', refusal('ServerException', 'oops', 500)],
    ['throttles', refusal('ThrottlingException', 'Rate exceeded')],
    ['throttles in disguise', refusal('InvalidParameterException', 'Rate exceeded')],
    [
      'EC2 throttling ECS',
      refusal(
        'InvalidParameterException',
        'Error retrieving subnet information for [subnet-x]: x (ErrorCode: RequestLimitExceeded)',
      ),
    ],
    [
      'EC2 being ill behind ECS',
      refusal('InvalidParameterException', 'Error retrieving x (ErrorCode: InternalError).'),
    ],
    ['a role that cannot be assumed now', illRole],
  ])('A launch is repeated byte for byte after %s', async (_what, answer) => {
    const { outcome, requests, turns } = launchAgainst([answer, answer, answer, answer, placed]);

    expect(await outcome).toEqual({ taskArn, clusterArn });
    expect(requests).toHaveLength(5);
    expect(turns()).toBe(4); // the first turn was taken before the claim
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
  });

  it('A launch answered three times with neither task nor failure counts as refused', async () => {
    const empty = { tasks: [], failures: [] };
    const healed = launchAgainst([empty, empty, placed]);
    const refused = launchAgainst([empty]);

    expect(await healed.outcome).toEqual({ taskArn, clusterArn });
    expect(await refused.outcome).toMatchObject({
      message: expect.stringContaining('no tasks or failures were returned'),
    });
    expect(refused.requests).toHaveLength(3);
  });

  it.each([
    refusal('AccessDeniedException', 'not authorized'),
    refusal('UnrecognizedClientException', 'The security token is invalid'),
    new NoCredentialsError('the source is silent', { mayPass: true }),
  ])(
    'A refusal that is no fault of the run is recognised at the first call: %s',
    async (denied) => {
      const { outcome, requests } = launchAgainst([denied]);

      const error = await outcome;
      expect(error).toBeInstanceOf(LaunchDeniedError);
      expect(error).toMatchObject({ refusal: denied, message: denied.message });
      expect(requests).toHaveLength(1);
    },
  );

  it('A repeated launch follows the task that its token already started', async () => {
    const { outcome, requests } = launchAgainst([
      refusal('ConflictException', 'in use', 400, [taskArn]),
    ]);

    expect(await outcome).toEqual({ taskArn, clusterArn });
    expect(requests).toHaveLength(1);
  });

  it.each([
    [refusal('AccessDeniedException', 'not authorized'), 'not authorized'],
    [refusal('ClusterNotFoundException', 'Cluster not found.'), "cluster 'dev' not found. Confirm"],
    [
      refusal('InvalidParameterException', 'The subnet ID does not exist'),
      'network configuration error',
    ],
  ])('A launch with an error that cannot heal fails at the first call', async (error, words) => {
    const { outcome, requests } = launchAgainst([error]);

    expect(await outcome).toMatchObject({ message: expect.stringContaining(words) });
    expect(requests).toHaveLength(1);
  });

  it('A launch is tried three times while ECS places nothing', async () => {
    const { outcome, requests } = launchAgainst([noRoom]);

    expect(await outcome).toMatchObject({
      name: 'RuntimeError',
      message: 'Failed to run ECS task: RESOURCE:MEMORY',
    });
    expect(requests).toHaveLength(3);
  });

  it.each([
    [noRoom, 'RESOURCE:MEMORY'],
    [
      refusal('ClientException', 'Capacity is unavailable at this time.'),
      'An error occurred (ClientException) when calling the RunTask operation: Capacity is unavailable at this time.',
    ],
  ])(
    'A launch whose caller waits for capacity ends at the first refusal and names the capacity',
    async (answer, reason) => {
      const { outcome, requests } = launchAgainst([answer], {}, true);

      const error = await outcome;
      expect(error).toBeInstanceOf(NoCapacityError);
      expect(error).toMatchObject({ reason });
      expect(requests).toHaveLength(1);
    },
  );

  it('A launch that no instance can ever take fails at the first call', async () => {
    const unplaceable = {
      tasks: [],
      failures: [{ arn: 'i', reason: 'ATTRIBUTE', detail: undefined }],
    };
    const { outcome, requests } = launchAgainst([unplaceable], {}, true);

    expect(await outcome).toMatchObject({ message: 'Failed to run ECS task: ATTRIBUTE' });
    expect(requests).toHaveLength(1);
  });

  it.each([
    [
      'a role that IAM does not know everywhere yet',
      refusal(
        'ClientException',
        "ECS was unable to assume the role 'r' that was provided for this task.",
      ),
      60,
    ],
    [
      'an error within ECS',
      { tasks: [], failures: [{ arn: undefined, reason: 'Internal error.', detail: undefined }] },
      300,
    ],
  ])(
    'A launch refused because of %s is repeated for as long as that usually lasts',
    async (_what, answer, seconds) => {
      const healed = launchAgainst([...Array<typeof answer>(6).fill(answer), placed]);
      const refused = launchAgainst([answer], {}, true);

      expect(await healed.outcome).toEqual({ taskArn, clusterArn });
      const error = await refused.outcome;
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(NoCapacityError);
      expect(refused.lastCallSeconds()).toBeGreaterThanOrEqual(seconds);
      expect(refused.lastCallSeconds()).toBeLessThan(seconds + 30);
      expect(refused.requests.length).toBeLessThan(30);
      const [told, ...more] = refused.warnings;
      expect(told).toMatch(
        /^RunTask has failed \d+ times for this launch\. Retrying .*token in \d+ s\. /,
      );
      expect(more.length).toBeLessThan(2);
    },
  );

  it.each(['is inactive', 'not found.'])(
    'A launch provides its definition again, once, after "TaskDefinition %s"',
    async (how) => {
      const inactive = refusal('ClientException', `TaskDefinition ${how}`);
      const healed = launchAgainst([inactive, placed]);
      const hopeless = launchAgainst([inactive]);

      expect(await healed.outcome).toEqual({ taskArn, clusterArn });
      expect(healed.requests.map((request) => request['taskDefinition'])).toEqual([
        'definition:1',
        'definition:2',
      ]);
      expect(await hopeless.outcome).toMatchObject({
        message: expect.stringContaining(how.replace('.', '')),
      });
      expect(hopeless.provided()).toBe(1);
    },
  );

  it('A launch whose outcome stays unknown for 15 minutes is not a failure: its task may run', async () => {
    const { outcome } = launchAgainst([refusal('TimeoutError', 'socket hang up', 'no answer')]);

    expect(await outcome).toBeInstanceOf(LaunchOutcomeUnknownError);
  });
});
