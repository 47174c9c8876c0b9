import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python, runProcess, type RunningProcess } from './processes.ts';
import { RealWorld } from './real-world.ts';

const queueName = 'python-observer-ecs-events';

/** The rule and queue are those of the Python worker's own deployment (worker.md 12.4). */
const pattern = { source: ['aws.ecs'], 'detail-type': ['ECS Task State Change'] };

const queueAndRule = `
import sys
import boto3

name, pattern = sys.argv[1:]
sqs, events = boto3.client("sqs"), boto3.client("events")
queue = sqs.create_queue(QueueName=name)["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
events.put_rule(Name="tasks", EventPattern=pattern)
assert events.put_targets(Rule="tasks", Targets=[{"Id": "queue", "Arn": arn}])["FailedEntryCount"] == 0
`;

/**
 * Checks the local AWS with clients that are not ours: botocore on EventBridge, SQS and ECS, and
 * the Python observer as the reader of our events.
 */
describe('The unchanged Python worker and observer on the local AWS', () => {
  let world: RealWorld;
  let worker: RunningProcess;

  beforeAll(async () => {
    world = await RealWorld.start('python-observer');
    await makeQueueAndRule();
    worker = await world.startPythonWorker('python', {
      PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: 'true',
      PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME: queueName,
    });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function makeQueueAndRule(): Promise<void> {
    const script = join(world.folder, 'queue-and-rule.py');
    await writeFile(script, queueAndRule);
    const args = [script, queueName, JSON.stringify(pattern)];
    const { exitCode, output } = await runProcess(python, args, world.awsEnvironment, world.folder);
    expect(exitCode, output).toBe(0);
  }

  it('complete a run and record its task’s events in its history', async () => {
    const deployment = await world.deploy('three_tasks');

    const id = await world.schedule(deployment, { amount: 4 });
    await world.stateOf(id, 'COMPLETED').catch(withItsOutput);

    const history = await world.historyOf(id);
    const pending = history.filter((state) => state.name === 'InfrastructurePending');
    expect(pending.map((state) => state.message)).toContain('ECS task is provisioning.');
    for (const { message } of pending)
      expect(message).toMatch(/^ECS task is (provisioning|pending)\.$/);
    await world.logLine(id, 'loaded a total of 12');
  });

  it('crash a run whose container dies, with a message made from its event', async () => {
    const deployment = await world.deploy('three_tasks', {
      name: 'dies-early',
      jobVariables: { command: `sh -c "exit 3"` },
    });

    const run = await world
      .stateOf(await world.schedule(deployment), 'CRASHED')
      .catch(withItsOutput);

    expect(run.state?.message).toBe(
      "The following containers stopped with a non-zero exit code: ['prefect']",
    );
  });

  function withItsOutput(error: unknown): never {
    throw new Error(`${String(error)}\n${worker.lines.slice(-40).join('\n')}`);
  }
});
