import { forgedEnd, hasQueue, queueOf } from '../event-queue.ts';
import type { World } from '../world.ts';
import type { PlayedRun } from './happenings.ts';
import type { Forgery, Plot } from './plot.ts';

/**
 * While ECS does not answer, events of followed tasks are believed, as they should be: then nobody
 * forges.
 */
export function canBeWitnessed({ circumstances = [], happenings }: Plot): boolean {
  const isIll = circumstances.some(
    (one) =>
      one.kind === 'ECS ill' ||
      one.kind === 'hangs' ||
      (one.kind === 'denied' && one.operation === 'DescribeTasks'),
  );
  return (
    !isIll &&
    !happenings.some((one) => one.kind === 'fault' && one.operation === 'ecs:DescribeTasks')
  );
}

/** Sends a message that is not true of a run's task; without a queue it goes nowhere. */
export function forge({ run, says }: Forgery, world: World, runs: readonly PlayedRun[]): void {
  const id = runs[run % runs.length]?.id;
  const task = id === undefined ? undefined : world.tasksOf(id).at(-1);
  if (task === undefined || !hasQueue(world)) return;
  const { taskArn, startedBy } = task;
  const anotherArn = `${taskArn.slice(0, -32)}${'f'.repeat(32)}`;
  switch (says) {
    case 'it has stopped':
      return void queueOf(world).send(forgedEnd(taskArn, { startedBy }));
    case 'it found no room':
      return void queueOf(world).send(
        forgedEnd(taskArn, {
          startedBy,
          stopCode: 'TaskFailedToStart',
          stoppedReason: 'Capacity is unavailable at this time.',
          containers: [],
        }),
      );
    case 'it runs':
      return void queueOf(world).send(
        forgedEnd(taskArn, {
          startedBy,
          lastStatus: 'RUNNING',
          desiredStatus: 'RUNNING',
          containers: [],
        }),
      );
    case 'another task of it has stopped':
      return void queueOf(world).send(forgedEnd(anotherArn, { startedBy }));
  }
}
