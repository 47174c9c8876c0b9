/** A message as it was received. Without a receipt it cannot be deleted, and is skipped. */
export interface ReceivedMessage {
  readonly receiptHandle: string | undefined;
  readonly body: string | undefined;
  /** By the clock of SQS, in milliseconds since the epoch. */
  readonly sentAtMs: number | undefined;
}

/**
 * The queue of task events. `missing`: it does not exist now. It may be made later, so the observer
 * keeps looking for it (worker.md 10.3).
 */
export interface EventQueue {
  /** Waits up to 20 s for the first; what is received is hidden from others for 300 s. */
  receive(most: number, signal: AbortSignal): Promise<readonly ReceivedMessage[] | 'missing'>;
  /** At most ten. Answers those that are not deleted, and may be deleted again. */
  delete(receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Hides them for another 300 s; at most ten. Answers those for which that failed. */
  extend(receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
}

/** Where the queue is looked for. */
export interface EventQueues {
  readonly queueName: string;
  open(signal: AbortSignal): Promise<FoundQueue>;
}

/** Where it was looked for, and whether it is there. */
export type FoundQueue =
  | { readonly kind: 'open'; readonly queue: EventQueue; readonly region: string }
  | { readonly kind: 'missing'; readonly region: string };
