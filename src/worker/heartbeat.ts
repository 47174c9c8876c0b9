import type { WorkerOptions } from './worker-ports.ts';

/**
 * `unsure`: the server answered a repetition, so that one may still be on its way. `unanswered`:
 * nothing ever answers it.
 */
export type Beat = 'answered' | 'unsure' | 'unanswered';

/** Calls `send`, with whatever is to be done around a heartbeat. */
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
