import { STATUS_CODES } from 'node:http';
import { Answer } from './message.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { Disconnect } from './disconnect.ts';

/** What can go wrong with one call. */
export type Fault =
  /** The server's own word for "too many requests". */
  | { readonly kind: 'throttle' }
  /**
   * An error answer of this status, in the server's own form; `code` and `message` where the form
   * has them.
   */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
    }
  /**
   * Nothing is done, and these are the bytes of the answer: what a real server was seen to answer.
   */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A page of HTML, as load balancers give; 502 unless said otherwise. */
  | { readonly kind: 'html'; readonly status?: number }
  /** The work is done, and the answer is cut off in the middle. */
  | { readonly kind: 'malformed' }
  /** The connection is reset before anything is done. */
  | { readonly kind: 'reset-before' }
  /** The work is done, and the connection is reset: the answer is lost. */
  | { readonly kind: 'reset-after' }
  /** Nothing is done, and no answer ever comes. */
  | { readonly kind: 'hang' }
  /** The work is done this much later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The answer is what was true this long ago. Means something for reads only. */
  | { readonly kind: 'stale'; readonly ms: number }
  | OverlappingFault;

/**
 * The call begins now and writes this much later, over what others wrote meanwhile. Prefect's
 * alone.
 */
export type OverlappingFault =
  /** A proposed state has the time at which the call came, and is decided on and committed late. */
  | { readonly kind: 'late-commit'; readonly ms: number }
  /** What is merged was read when the call came: what others wrote meanwhile is lost. */
  | { readonly kind: 'lost-update'; readonly ms: number };

export interface FaultRule {
  /**
   * `ecs:RunTask`, `ecs:*`, `POST /flow_runs/{id}/set_state`, or `*`. A `*` stands for any text.
   */
  readonly operation: string;
  readonly fault: Fault;
  /** Of the calls that match, this share is hit. Default: all. */
  readonly probability?: number;
  /** So many calls go by untouched first. */
  readonly after?: number;
  /** The rule ends when it has hit so many calls. Default: never. */
  readonly times?: number;
}

interface ActiveRule {
  readonly rule: FaultRule;
  readonly pattern: RegExp;
  seen: number;
  hits: number;
}

/** How a server says that it fails, in its own protocol. */
export interface FaultWords {
  throttled(): Answer;
  failed(status: number, code?: string, message?: string): Answer;
}

/**
 * The work of a call. `staleMs`: answer as of so long ago. `isLate`: the call came a while ago, and
 * writes only now.
 */
export type Work = (staleMs: number, isLate: boolean) => Promise<Answer>;

/** Faults of a server: seeded, so that the same calls in the same order fail in the same way. */
export class Faults {
  readonly #clock: Clock;
  readonly #random: Random;
  #rules: ActiveRule[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Adds a rule; disposing of it ends it. The first rule that hits a call decides. */
  add(rule: FaultRule): Disposable {
    const active: ActiveRule = { rule, pattern: patternOf(rule.operation), seen: 0, hits: 0 };
    this.#rules.push(active);
    return {
      [Symbol.dispose]: () => {
        this.#rules = this.#rules.filter((other) => other !== active);
      },
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** True while a rule asks for older answers, so that a server knows to keep them. */
  get areStale(): boolean {
    return this.#rules.some(({ rule }) => rule.fault.kind === 'stale');
  }

  /**
   * Does a call's work, or what a fault makes of it. Throws Disconnect where the connection is
   * reset. `random`: another sequence to draw from, for calls whose order among others is not to
   * matter.
   */
  async over(
    operation: string,
    words: FaultWords,
    signal: AbortSignal,
    work: Work,
    random = this.#random,
  ): Promise<Answer> {
    const fault = this.#choose(operation, random);
    switch (fault?.kind) {
      case undefined:
        return work(0, false);
      case 'throttle':
        return words.throttled();
      case 'error':
        return words.failed(fault.status, fault.code, fault.message);
      case 'answer':
        return new Answer(fault.status, fault.body, fault.headers);
      case 'html':
        return page(fault.status ?? 502);
      case 'malformed':
        return cutOff(await work(0, false));
      case 'reset-before':
        throw new Disconnect('reset before the request was handled');
      case 'reset-after':
        await work(0, false);
        throw new Disconnect('reset after the request was handled');
      case 'hang':
        return neverUntil(signal);
      case 'slow':
        await this.#clock.sleep(fault.ms, signal);
        return work(0, false);
      case 'late-commit':
      case 'lost-update':
        await this.#clock.sleep(fault.ms, signal);
        return work(0, true);
      case 'stale':
        return work(fault.ms, false);
    }
  }

  #choose(operation: string, random: Random): Fault | undefined {
    for (const active of this.#rules) {
      if (!active.pattern.test(operation)) continue;
      active.seen += 1;
      const { after = 0, times = Infinity, probability = 1, fault } = active.rule;
      if (active.seen <= after || active.hits >= times) continue;
      if (probability < 1 && random.next() >= probability) continue;
      active.hits += 1;
      return fault;
    }
    return undefined;
  }
}

function patternOf(operation: string): RegExp {
  const escaped = operation.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}

function cutOff({ status, body, headers }: Answer): Answer {
  return new Answer(
    status,
    body.slice(0, Math.max(1, Math.floor(body.length / 2))),
    Object.fromEntries(headers),
  );
}

function page(status: number): Answer {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  return new Answer(status, `<html><body><h1>${title}</h1></body></html>`, {
    'content-type': 'text/html',
  });
}

function neverUntil(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new Disconnect('the client disconnected'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
