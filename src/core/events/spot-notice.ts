import type { EventResource, PrefectEvent } from '../prefect/event.ts';
import { rankOf } from '../task/task-phase.ts';
import type { EcsTask } from '../task/task.ts';
import { taskStateEvent } from './task-state-event.ts';
import { uuidV5 } from '../claim/uuid-v5.ts';

/** Our own random namespace, so that ids of notices differ from all others. */
const namespace = '7d0c9a52-6f1e-4c1b-9a35-2f8d3f5b7e61';

const codesOfNotice: readonly string[] = ['SpotInterruption', 'TerminationNotice'];

/**
 * Whether AWS has announced that it reclaims the Spot capacity. The notice comes two minutes
 * before, while the task still runs. AWS has changed its stop code over the years, and for a while
 * sent none, so the reason's text decides if there is no code (aws-ecs.md B.2.1).
 */
export function hasSpotNotice(task: EcsTask | undefined): boolean {
  if (task === undefined || task.desiredStatus !== 'STOPPED') return false;
  const rank = rankOf(task.lastStatus);
  if (rank < rankOf('RUNNING') || rank >= rankOf('STOPPED')) return false;
  const { stopCode, stoppedReason = '' } = task;
  return stopCode === undefined
    ? /spot task was interrupted/i.test(stoppedReason)
    : codesOfNotice.includes(stopCode);
}

/** For the run's log, while there is still time to save work. */
export const spotNoticeLine =
  'AWS is reclaiming the Spot capacity of this task: the container received SIGTERM and is killed within two minutes. ' +
  'The run then crashes. To avoid this, use retries or capacity that is not Spot. [ecs.spot.interrupted]';

/** For Prefect's event feed. Every worker that sees the notice creates the same event. */
export function spotNoticeEvent(
  task: EcsTask,
  occurred: string,
  related: readonly EventResource[],
): PrefectEvent {
  const id = uuidV5(namespace, `${task.taskArn}/spot-notice`);
  return {
    ...taskStateEvent({ id, occurred, task }, related, undefined),
    event: 'prefect.ecs.task.spot-interruption-notice',
  };
}
