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
 * Recognizes a start timeout from the stopped reason. What the task was waiting for is no longer
 * known by then.
 */
export function startTimeoutIn(stoppedReason: string): Finding | undefined {
  const seconds = /^Task did not start within (\d{1,9}(?:\.\d{1,9})?) seconds/.exec(
    stoppedReason,
  )?.[1];
  return seconds === undefined
    ? undefined
    : {
        code: 'ecs.start_timeout',
        cause: `The task was stopped because it did not start within ${seconds} s.`,
      };
}

export function causeOfStartTimeout(seconds: number, lastStatus: string): string {
  return (
    `The task was stopped because it did not start within ${seconds} s: ` +
    `it was still waiting for ${waitedFor(lastStatus)}.`
  );
}

/** What a task waits for in each status before RUNNING (aws-ecs.md B.1). */
function waitedFor(lastStatus: string): string {
  switch (lastStatus) {
    case 'PROVISIONING':
      return 'capacity and its network interface (PROVISIONING)';
    case 'PENDING':
      return 'the image pull and the start of its containers (PENDING)';
    case 'ACTIVATING':
      return 'its containers to become healthy and registered (ACTIVATING)';
    default:
      return rankOf(lastStatus) === 0
        ? 'ECS to accept it'
        : `its status to change from ${lastStatus}`;
  }
}
