import type { WorkerOptions } from './worker-ports.ts';

/**
 * `unsure`: the server answered a repetition, so the first attempt may still arrive. `unanswered`:
 * sent over a channel that does not answer.
 */
export type Beat = 'answered' | 'unsure' | 'unanswered';

/** Calls `send`, with the readings that belong around a heartbeat. */
export type SendBeat = (
  send: (signal: AbortSignal) => Promise<Beat>,
  signal: AbortSignal,
) => Promise<void>;

export function heartbeatOf({ workPoolName, name, heartbeatSeconds }: WorkerOptions): {
  readonly workPoolName: string;
  readonly workerName: string;
  readonly intervalSeconds: number;
} {
  return {
    workPoolName,
    workerName: name,
    intervalSeconds: Math.max(1, Math.trunc(heartbeatSeconds)),
  };
}
