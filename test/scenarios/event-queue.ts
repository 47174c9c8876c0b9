import type { World } from './world.ts';

const queueName = 'prefect-ecs-tasks-events';
const ruleName = 'tasks';

/** EventBridge's rule and SQS's queue, as the deployment of the worker makes them (ecs-worker.md 12.4). */
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

/** Somebody deletes the queue; the rule goes on to feed nothing. */
export function deleteQueue(world: World): void {
  const { queues } = world.aws.accountAt();
  queues.delete(queues.require(queueName));
}
