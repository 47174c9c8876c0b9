import type { Clock } from '../../src/kernel/clock.ts';
import type { RequestHandler } from '../../src/local/index.ts';
import type { LocalRequest } from '../../src/local/message.ts';

/**
 * Where a worker dies: at its nth outside call, before the call leaves, or after its work was done
 * and not answered.
 */
export interface KillPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
  /**
   * Calls are counted from its first proposal on, which is its first claim. Default: from its
   * start.
   */
  readonly sinceClaim?: boolean;
}

/** Where it stands still instead, for so long (SIGSTOP, and SIGCONT later). */
export interface FreezePoint extends KillPoint {
  readonly forMs: number;
}

export interface OutsideFacts {
  readonly killAt?: KillPoint | undefined;
  readonly freezeAt?: FreezePoint | undefined;
  /** By so much the process's own clock is behind. */
  readonly skewMs?: number | undefined;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/**
 * All that one worker has of the world: clock and network. Killing it is as hard as SIGKILL: from
 * that instant nothing of it gets out, and nothing answers it. Freezing it is SIGSTOP.
 */
export class Outside {
  readonly clock: Clock;
  /** Outside calls by name, in order; the names are those of the servers. */
  readonly calls: string[] = [];
  readonly #facts: OutsideFacts;
  readonly #clock: Clock;
  #firstClaimAt: number | undefined;
  readonly #cuts: (() => void)[] = [];
  #isDead = false;
  #frozen: { readonly thawed: Promise<void>; thaw(): void } | undefined;

  constructor(clock: Clock, facts: OutsideFacts = {}) {
    this.#facts = facts;
    this.#clock = clock;
    const { skewMs = 0 } = facts;
    this.clock = {
      now: () => new Date(clock.now().getTime() - skewMs),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        await this.alive();
      },
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const cut of this.#cuts) cut();
  }

  /** What the machine does when the process is gone: it closes its sockets. */
  onDeath(cut: () => void): void {
    this.#cuts.push(cut);
  }

  /** SIGSTOP. Calls that are under way are done; their answers wait. */
  freeze(): void {
    if (this.#frozen !== undefined) return;
    let thaw: () => void = () => undefined;
    const thawed = new Promise<void>((resolve) => (thaw = resolve));
    this.#frozen = { thawed, thaw };
  }

  /** SIGCONT. */
  thaw(): void {
    this.#frozen?.thaw();
    this.#frozen = undefined;
  }

  /** A server as this worker reaches it. */
  handler(server: RequestHandler, nameOf: (request: LocalRequest) => string): RequestHandler {
    return async (request) => {
      await this.alive();
      const name = nameOf(request);
      this.calls.push(name);
      if (name.endsWith('/set_state')) this.#firstClaimAt ??= this.calls.length;
      const call = this.calls.length;
      this.#befall('before', call);
      await this.alive();
      const answer = await server(request).then(
        (response) => ({ response }),
        (error: unknown) => ({ error }),
      );
      this.#befall('after', call);
      await this.alive();
      if ('error' in answer) throw answer.error;
      return answer.response;
    };
  }

  /** What is to happen to the worker before or after its so many-th call. */
  #befall(when: KillPoint['when'], call: number): void {
    const { killAt, freezeAt } = this.#facts;
    if (this.#isAt(killAt, when, call)) this.kill();
    if (freezeAt === undefined || !this.#isAt(freezeAt, when, call)) return;
    this.freeze();
    void this.#clock.sleep(freezeAt.forMs, new AbortController().signal).then(() => this.thaw());
  }

  #isAt(point: KillPoint | undefined, when: KillPoint['when'], call: number): boolean {
    if (point?.when !== when) return false;
    const from = point.sinceClaim === true ? this.#firstClaimAt : 1;
    return from !== undefined && call === from + point.call - 1;
  }

  /** Resolves when the worker may go on: never, once it is dead. */
  async alive(): Promise<void> {
    if (this.#isDead) return never();
    if (this.#frozen !== undefined) {
      await this.#frozen.thawed;
      return this.alive();
    }
    return undefined;
  }
}
