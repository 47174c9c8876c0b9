import { jsonRequest } from '../../src/local/aws/aws-world.test-support.ts';
import type { World } from './world.ts';

const account = '123456789012';

async function ecs(world: World, operation: string, input: unknown): Promise<string> {
  const response = await world.aws.handle(jsonRequest('ecs', operation, input, { account }));
  const text = await response.text();
  if (!response.ok) throw new Error(`${operation}: ${text}`);
  return text;
}

const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'] } };

async function register(world: World, family: string): Promise<void> {
  await ecs(world, 'RegisterTaskDefinition', {
    family,
    cpu: '256',
    memory: '512',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [{ name: 'prefect', image: 'python:1' }],
  });
}

/** Starts a foreign task, which belongs to no flow run, in the same cluster. */
export async function launchAsStranger(world: World): Promise<string> {
  await register(world, 'stranger');
  const answer = await ecs(world, 'RunTask', {
    taskDefinition: 'stranger',
    launchType: 'FARGATE',
    networkConfiguration,
  });
  return arnIn(answer);
}

/**
 * Claims a run and starts its task as the Python worker does: without our mark in `startedBy`, with
 * Python's tags, and with the run's id in the overrides.
 */
export async function launchAsPython(world: World, flowRunId: string): Promise<string> {
  world.prefect.setState(flowRunId, 'PENDING', { clientVersion: '3.8.8' });
  await register(world, 'python');
  const environment = {
    PREFECT__FLOW_RUN_ID: flowRunId,
    PREFECT_API_URL: 'http://prefect.local/api',
  };
  const answer = await ecs(world, 'RunTask', {
    taskDefinition: 'python',
    launchType: 'FARGATE',
    networkConfiguration,
    overrides: {
      containerOverrides: [
        {
          name: 'prefect',
          environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        },
      ],
    },
    tags: [
      { key: 'prefect.io/flow-run-id', value: flowRunId },
      { key: 'prefect.io/flow-run-name', value: 'tagged-name' },
      { key: 'prefect.io/degregister-task-definition', value: 'true' },
    ],
  });
  const taskArn = arnIn(answer);
  await world.prefect.handle(
    new Request(`http://prefect.local/api/flow_runs/${flowRunId}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ infrastructure_pid: `default::${taskArn}` }),
    }),
  );
  return taskArn;
}

export async function stopTask(world: World, task: string): Promise<void> {
  await ecs(world, 'StopTask', { cluster: 'default', task, reason: 'Stopped by hand' });
}

function arnIn(answer: string): string {
  return /arn:aws:ecs:[^"]*:task\/[^"]+/.exec(answer)?.[0] ?? '';
}
