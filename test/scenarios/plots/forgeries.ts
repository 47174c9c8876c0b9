import { forgedEnd, hasQueue, queueOf } from '../event-queue.ts';
import type { World } from '../world.ts';
import type { PlayedRun } from './happenings.ts';
import type { Forgery, Plot } from './plot.ts';

/**
 * Whether forged events may be sent in this plot. Not while ECS does not answer: then a worker must
 * believe the events of followed tasks, and a forged one would rightly end a run.
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

/** Sends a false event about a run's task. Without a queue it does nothing. */
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
