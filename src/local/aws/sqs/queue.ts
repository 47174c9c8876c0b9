import type { Clock } from '../../../kernel/clock.ts';
import type { Random } from '../../../kernel/random.ts';
import type { Agenda } from '../agenda.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Message, MessageAttribute } from './message.ts';
import type { QueueAttributes } from './queue-attributes.ts';

export interface QueueDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly agenda: Agenda;
}

export interface Receiving {
  readonly most: number;
  readonly waitMs: number;
  /** Default: the queue's. */
  readonly visibilityMs: number | undefined;
}

interface Waiter {
  readonly most: number;
  readonly visibilityMs: number | undefined;
  readonly resolve: (messages: readonly Message[]) => void;
}

/**
 * One standard queue. A received message is only hidden: it comes back unless it is deleted
 * (aws-ecs.md B.8.3).
 */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  attributes: QueueAttributes;
  readonly #deps: QueueDeps;
  /** The target of messages that were received too often. */
  readonly #deadLetters: (arn: string) => Queue | undefined;
  readonly #messages = new Map<string, Message>();
  #waiters: Waiter[] = [];

  constructor(
    place: { readonly name: string; readonly arn: string },
    attributes: QueueAttributes,
    deps: QueueDeps,
    deadLetters: (arn: string) => Queue | undefined,
  ) {
    this.name = place.name;
    this.arn = place.arn;
    this.attributes = attributes;
    this.#deps = deps;
    this.#deadLetters = deadLetters;
    this.createdAtMs = this.#nowMs;
  }

  send(
    body: string,
    attributes: Readonly<Record<string, MessageAttribute>> = {},
    delayMs = this.attributes.delayMs,
  ): Message {
    const sentAtMs = this.#nowMs;
    const message: Message = {
      id: this.#deps.random.uuid(),
      body,
      attributes,
      sentAtMs,
      visibleAtMs: sentAtMs + delayMs,
      receiveCount: 0,
      firstReceivedAtMs: undefined,
      receiptHandle: undefined,
    };
    this.#messages.set(message.id, message);
    this.#serveAfter(delayMs);
    return message;
  }

  /**
   * Returns what can be received now, else what arrives within the wait. A client that disconnects
   * takes nothing.
   */
  receive(
    { most, waitMs, visibilityMs }: Receiving,
    signal: AbortSignal,
  ): Promise<readonly Message[]> {
    if (signal.aborted) return Promise.resolve([]);
    const now = this.#take(most, visibilityMs);
    if (now.length > 0 || waitMs === 0) return Promise.resolve(now);
    return new Promise((resolve) => {
      const leave = (messages: readonly Message[]): void => {
        timeout.cancel();
        signal.removeEventListener('abort', giveUp);
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        resolve(messages);
      };
      const giveUp = (): void => leave([]);
      const waiter: Waiter = { most, visibilityMs, resolve: leave };
      const timeout = this.#deps.agenda.after(waitMs, giveUp);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** An older receipt than the latest deletes nothing, and that is not an error. */
  delete(receiptHandle: string): void {
    const message = this.#messageOf(receiptHandle);
    if (message?.receiptHandle === receiptHandle) this.#messages.delete(message.id);
  }

  changeVisibility(receiptHandle: string, visibilityMs: number): void {
    const message = this.#messageOf(receiptHandle);
    if (message?.receiptHandle !== receiptHandle || message.visibleAtMs <= this.#nowMs) {
      throw new AwsError(
        'com.amazonaws.sqs#MessageNotInflight',
        `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does ` +
          'not exist or is not available for visibility timeout change.',
      );
    }
    message.visibleAtMs = this.#nowMs + visibilityMs;
    this.#serveAfter(visibilityMs);
  }

  purge(): void {
    this.#messages.clear();
  }

  counts(): { readonly visible: number; readonly hidden: number; readonly delayed: number } {
    this.#forgetOld();
    const counts = { visible: 0, hidden: 0, delayed: 0 };
    for (const { visibleAtMs, receiveCount } of this.#messages.values()) {
      if (visibleAtMs <= this.#nowMs) counts.visible += 1;
      else if (receiveCount > 0) counts.hidden += 1;
      else counts.delayed += 1;
    }
    return counts;
  }

  get #nowMs(): number {
    return this.#deps.clock.now().getTime();
  }

  #take(most: number, visibilityMs = this.attributes.visibilityMs): readonly Message[] {
    this.#forgetOld();
    const taken: Message[] = [];
    for (const message of this.#messages.values()) {
      if (taken.length === most) break;
      if (message.visibleAtMs > this.#nowMs || this.#isDead(message)) continue;
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= this.#nowMs;
      message.visibleAtMs = this.#nowMs + visibilityMs;
      message.receiptHandle = `${message.id}.${message.receiveCount}`;
      taken.push(message);
    }
    if (taken.length > 0) this.#serveAfter(visibilityMs);
    return taken;
  }

  /** The message was received as often as allowed, and goes to the dead-letter queue unchanged. */
  #isDead(message: Message): boolean {
    const { redrive } = this.attributes;
    if (redrive === undefined || message.receiveCount < redrive.mostReceives) return false;
    const target = this.#deadLetters(redrive.targetArn);
    if (target === undefined) return false;
    this.#messages.delete(message.id);
    target.#messages.set(message.id, { ...message, receiptHandle: undefined });
    target.#serveAfter(0);
    return true;
  }

  #serveAfter(ms: number): void {
    this.#deps.agenda.after(ms, () => this.#serve());
  }

  #serve(): void {
    for (const waiter of this.#waiters.slice()) {
      const messages = this.#take(waiter.most, waiter.visibilityMs);
      if (messages.length === 0) return;
      waiter.resolve(messages);
    }
  }

  #forgetOld(): void {
    const oldestMs = this.#nowMs - this.attributes.retentionMs;
    for (const message of this.#messages.values()) {
      if (message.sentAtMs > oldestMs) return; // ordered by sending time, except for dead letters
      this.#messages.delete(message.id);
    }
  }

  #messageOf(receiptHandle: string): Message | undefined {
    const id = /^([0-9a-f-]{36})\.\d+$/.exec(receiptHandle)?.[1];
    if (id === undefined) {
      throw new AwsError(
        'com.amazonaws.sqs#ReceiptHandleIsInvalid',
        `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`,
      );
    }
    return this.#messages.get(id);
  }
}
