import type { Finding } from './diagnosis-finding.ts';
import { rankOf } from '../task/task-phase.ts';

/**
 * The reason that StopTask gives ECS for a task that does not start. The worker that sees the task
 * stop recognises its own timeout by this text (worker.md 9.3).
 */
export function reasonOfStartTimeout(seconds: number): string {
  return `Task did not start within ${seconds} seconds`;
}

/**
 * A start timeout that the stopped reason tells of: by then nobody knows any more what the task
 * waited for.
 */
export function startTimeoutIn(stoppedReason: string): Finding | undefined {
  const seconds = /^Task did not start within (\d{1,9}(?:\.\d{1,9})?) seconds/.exec(
    stoppedReason,
  )?.[1];
  return seconds === undefined
    ? undefined
    : {
        code: 'ecs.start_timeout',
        cause: `The task did not start within ${seconds} s and was stopped.`,
      };
}

export function causeOfStartTimeout(seconds: number, lastStatus: string): string {
  return `The task did not start within ${seconds} s: it was waiting for ${waitedFor(lastStatus)}.`;
}

/** What a task waits for in each status before RUNNING (aws-ecs.md B.1). */
function waitedFor(lastStatus: string): string {
  switch (lastStatus) {
    case 'PROVISIONING':
      return 'capacity and its network interface (PROVISIONING)';
    case 'PENDING':
      return 'its image to be pulled and its containers to start (PENDING)';
    case 'ACTIVATING':
      return 'its containers to become healthy and to be registered (ACTIVATING)';
    default:
      return rankOf(lastStatus) === 0
        ? 'ECS to take it up'
        : `its last status, ${lastStatus}, to change`;
  }
}
