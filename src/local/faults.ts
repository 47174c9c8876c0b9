import { STATUS_CODES } from 'node:http';
import { Answer } from './message.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { Disconnect } from './disconnect.ts';

/** A fault of one call. */
export type Fault =
  /** The server's own answer for "too many requests". */
  | { readonly kind: 'throttle' }
  /**
   * An error answer with this status, in the server's own form. `code` and `message` apply if the
   * form has them.
   */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
    }
  /** Nothing is done, and the answer has exactly these bytes, as captured from a real server. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** An HTML page as load balancers send it. Default status: 502. */
  | { readonly kind: 'html'; readonly status?: number }
  /** The work is done, and the answer is cut off in the middle. */
  | { readonly kind: 'malformed' }
  /** The connection is reset before the request is handled. */
  | { readonly kind: 'reset-before' }
  /** The request is handled, then the connection is reset: the answer is lost. */
  | { readonly kind: 'reset-after' }
  /** Nothing is done, and no answer ever arrives. */
  | { readonly kind: 'hang' }
  /** The work is done this much later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The answer shows the state of this long ago. Affects reads only. */
  | { readonly kind: 'stale'; readonly ms: number }
  | OverlappingFault;

/**
 * The call begins now but writes this much later, over what other calls wrote meanwhile. Prefect
 * only.
 */
export type OverlappingFault =
  /** A proposed state is dated at the call's arrival, but decided and committed later. */
  | { readonly kind: 'late-commit'; readonly ms: number }
  /** A merge uses what was read when the call arrived, so writes in between are lost. */
  | { readonly kind: 'lost-update'; readonly ms: number };

export interface FaultRule {
  /** `ecs:RunTask`, `ecs:*`, `POST /flow_runs/{id}/set_state`, or `*`. A `*` matches any text. */
  readonly operation: string;
  readonly fault: Fault;
  /** This share of the matching calls is hit. Default: all. */
  readonly probability?: number;
  /** This many calls pass untouched first. */
  readonly after?: number;
  /** The rule ends after this many hits. Default: never. */
  readonly times?: number;
}

interface ActiveRule {
  readonly rule: FaultRule;
  readonly pattern: RegExp;
  seen: number;
  hits: number;
}

/** How a server reports failures, in its own protocol. */
export interface FaultWords {
  throttled(): Answer;
  failed(status: number, code?: string, message?: string): Answer;
}

/**
 * The work of a call. `staleMs`: answer with the state of this long ago. `isLate`: the call arrived
 * earlier and writes only now.
 */
export type Work = (staleMs: number, isLate: boolean) => Promise<Answer>;

/**
 * The faults of a server. Seeded, so that the same calls in the same order fail in the same way.
 */
export class Faults {
  readonly #clock: Clock;
  readonly #random: Random;
  #rules: ActiveRule[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Adds a rule; disposing of the result removes it. The first rule that hits a call decides. */
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

  /** True while a rule asks for older answers, so that the server knows to keep them. */
  get areStale(): boolean {
    return this.#rules.some(({ rule }) => rule.fault.kind === 'stale');
  }

  /**
   * Does a call's work, or what a fault makes of it. Throws Disconnect if the connection is reset.
   * `random`: another sequence, for calls whose order among others must not matter.
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
