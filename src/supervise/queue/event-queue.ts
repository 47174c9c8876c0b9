/** A message as it was received. Without a receipt handle it cannot be deleted, and is skipped. */
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
  /**
   * Waits up to 20 s for the first message. Received messages are hidden from other readers for 300
   * s.
   */
  receive(most: number, signal: AbortSignal): Promise<readonly ReceivedMessage[] | 'missing'>;
  /**
   * Deletes at most ten messages. Returns those that were not deleted; a message may be deleted
   * twice.
   */
  delete(receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Hides at most ten messages for another 300 s. Returns those that failed. */
  extend(receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
}

/** Looks for the queue. */
export interface EventQueues {
  readonly queueName: string;
  open(signal: AbortSignal): Promise<FoundQueue>;
}

/** The region in which the queue was searched, and whether it exists. */
export type FoundQueue =
  | { readonly kind: 'open'; readonly queue: EventQueue; readonly region: string }
  | { readonly kind: 'missing'; readonly region: string };
