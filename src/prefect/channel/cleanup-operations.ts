import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import type { CleanupMessage, CleanupOperation, OperationResult } from './channel-frames.ts';
import { DeadlineError, within } from '../../kernel/deadline.ts';
import { operationFrame } from './outbound-frames.ts';
import { Waiters } from '../socket/waiters.ts';

/** The server's final answer. `unresolved`: no answer settled it after all attempts. */
export type OperationOutcome =
  | { readonly kind: 'done'; readonly leaseLeftMs: number | undefined }
  | { readonly kind: 'lost'; readonly status: string }
  | { readonly kind: 'unresolved' };

export interface OperationPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const attemptsAtMost = 3;
const answerWithinMs = 30_000;
const betweenAttemptsMs = 1_000;

/** A result and when it was sent. The lease is counted from there, by the server's clock. */
interface Answer {
  readonly result: OperationResult;
  readonly sentAt: Date;
}

type Send = (text: string) => void;

/**
 * Reports the outcome of cleanup messages to the server: ack, release or renew
 * (prefect-api.md 2.10.2). An operation outlives its connection: it waits for the next one that
 * accepts cleanup work.
 */
export class CleanupOperations {
  readonly #ports: OperationPorts;
  readonly #answers = new Map<string, Waiters<Answer>>();
  readonly #connected = new Waiters<Send>();
  #send: Send | undefined;

  constructor(ports: OperationPorts) {
    this.#ports = ports;
  }

  attach(send: Send): void {
    this.#send = send;
    this.#connected.wakeAll(send);
  }

  detach(): void {
    this.#send = undefined;
  }

  /** Results of frames that no operation waits for any more are ignored. */
  receive(result: OperationResult, sentAt: Date): void {
    this.#answers.get(result.requestFrameId)?.wakeAll({ result, sentAt });
  }

  /** `untilMs`, on the monotonic clock: no attempt waits longer. */
  async run(
    operation: { readonly kind: CleanupOperation; readonly reason?: string },
    message: CleanupMessage,
    untilMs: number,
    signal: AbortSignal,
  ): Promise<OperationOutcome> {
    const { clock, log } = this.#ports;
    for (let attempt = 1; attempt <= attemptsAtMost; attempt += 1) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      const answer = await this.#attempt(
        operation,
        message,
        Math.min(answerWithinMs, leftMs),
        signal,
      );
      const outcome = answer === undefined ? undefined : outcomeOf(answer);
      if (outcome !== undefined) return outcome;
      log.debug('Cleanup operation got no final answer', {
        operation: operation.kind,
        messageId: message.messageId,
        attempt,
        status: answer?.result.status,
        reason: answer?.result.reason,
      });
      const pauseMs = Math.min(betweenAttemptsMs, untilMs - clock.monotonicMs());
      if (attempt < attemptsAtMost) await clock.sleep(pauseMs, signal);
    }
    return { kind: 'unresolved' };
  }

  /** Uses a new frame id for each attempt. `undefined`: no answer in time. */
  async #attempt(
    operation: { readonly kind: CleanupOperation; readonly reason?: string },
    message: CleanupMessage,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const frame = operationFrame(operation, message, this.#ports);
    const answers = new Waiters<Answer>();
    this.#answers.set(frame.id, answers);
    try {
      return await within(waitMs, this.#ports.clock, signal, async (limited) => {
        const send = this.#send ?? (await this.#connected.wait(limited));
        const answer = answers.wait(limited);
        send(frame.text);
        return answer;
      });
    } catch (error) {
      if (error instanceof DeadlineError) return undefined;
      throw error;
    } finally {
      this.#answers.delete(frame.id);
    }
  }
}

const lostStatuses: readonly string[] = [
  'not_found',
  'not_current',
  'expired',
  'invalid_token',
  'unauthorized',
  'dead_lettered',
];

/** `undefined`: worth another attempt. */
function outcomeOf({ result, sentAt }: Answer): OperationOutcome | undefined {
  const { operation, status, leaseExpiresAt } = result;
  if (status === 'accepted' || (status === 'not_found' && operation === 'ack')) {
    const leaseLeftMs = leaseExpiresAt && leaseExpiresAt.getTime() - sentAt.getTime();
    return { kind: 'done', leaseLeftMs };
  }
  return lostStatuses.includes(status) ? { kind: 'lost', status } : undefined;
}
