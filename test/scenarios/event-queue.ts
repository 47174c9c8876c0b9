import type { World } from './world.ts';

const queueName = 'prefect-ecs-tasks-events';
const ruleName = 'tasks';

/** Makes the EventBridge rule and the SQS queue of the worker's deployment (worker.md 12.4). */
export function makeQueue(world: World): void {
  const { events, queues } = world.aws.accountAt();
  const queue = queues.create(queueName, {});
  const pattern = { source: ['aws.ecs'], 'detail-type': ['ECS Task State Change'] };
  events.put(ruleName, JSON.stringify(pattern), 'ENABLED', undefined).targets.set('queue', {
    Id: 'queue',
    Arn: queue.arn,
  });
}

export function queueOf(world: World) {
  return world.aws.accountAt().queues.require(queueName);
}

export function hasQueue(world: World): boolean {
  return world.aws.accountAt().queues.all.some(({ name }) => name === queueName);
}

/** Deletes the queue and leaves the rule, which then has no target. */
export function deleteQueue(world: World): void {
  const { queues } = world.aws.accountAt();
  queues.delete(queues.require(queueName));
}

/**
 * Records event bodies as EventBridge sends them, in a second queue of the same rule. Returns a
 * reader of all bodies so far.
 */
export function tapEvents(world: World): () => Promise<readonly string[]> {
  const { events, queues } = world.aws.accountAt();
  const tap = queues.create('tap', {});
  events.rules
    .find(({ name }) => name === ruleName)
    ?.targets.set('tap', { Id: 'tap', Arn: tap.arn });
  const bodies: string[] = [];
  return async () => {
    for (;;) {
      const asked = { most: 10, waitMs: 0, visibilityMs: undefined };
      const messages = await tap.receive(asked, new AbortController().signal);
      if (messages.length === 0) return bodies;
      for (const { body, receiptHandle } of messages) {
        bodies.push(body);
        tap.delete(receiptHandle ?? '');
      }
    }
  };
}

/** A well-formed event of a stopped task, as anyone with access to the queue could send it. */
export function forgedEnd(
  taskArn: string,
  detail: Readonly<Record<string, unknown>> = {},
  time?: string,
): string {
  const cluster = /^(.*):task\/([^/]+)\//.exec(taskArn);
  return JSON.stringify({
    version: '0',
    id: '3317b2af-7005-947d-b652-f55e762e571a',
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    ...(time !== undefined && { time }),
    detail: {
      taskArn,
      clusterArn: `${cluster?.[1]}:cluster/${cluster?.[2]}`,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      version: 9_007_199_254_740_991,
      containers: [{ name: 'prefect', exitCode: 1, lastStatus: 'STOPPED' }],
      ...detail,
    },
  });
}

/** Starts a run, pauses its worker, and starts another worker that observes. */
export async function runOfAnother(
  world: World,
): Promise<{ readonly run: string; readonly thaw: () => void }> {
  makeQueue(world);
  const follower = await world.startWorker({ name: 'follower' });
  const [run = ''] = world.schedule();
  await world.until('it runs', () => world.stateOf(run) === 'Running');
  follower.outside.freeze();
  await world.startWorker({ name: 'other', observes: true });
  return { run, thaw: () => follower.outside.thaw() };
}
