import type { Clock } from '../../src/kernel/clock.ts';
import type { RequestHandler } from '../../src/local/index.ts';
import type { LocalRequest } from '../../src/local/message.ts';

/**
 * Where a worker dies: at its nth outside call, either before the call leaves, or after the server
 * did its work and before the answer arrives.
 */
export interface KillPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
  /** Counts calls from the first state proposal, which is the first claim. Default: all calls. */
  readonly sinceClaim?: boolean;
}

/** Where a worker is paused, and for how long (SIGSTOP, later SIGCONT). */
export interface FreezePoint extends KillPoint {
  readonly forMs: number;
}

export interface OutsideFacts {
  readonly killAt?: KillPoint | undefined;
  readonly freezeAt?: FreezePoint | undefined;
  /** How far the process's own clock is behind. */
  readonly skewMs?: number | undefined;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/**
 * One worker's clock and network. `kill` acts as SIGKILL: from that instant no call of the worker
 * leaves and no answer arrives. `freeze` acts as SIGSTOP.
 */
export class Outside {
  readonly clock: Clock;
  /** Names of the outside calls, in order. */
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

  /** Registers what the machine does when the process dies: it closes the sockets. */
  onDeath(cut: () => void): void {
    this.#cuts.push(cut);
  }

  /** SIGSTOP. Servers finish calls that are under way; their answers wait. */
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

  /** Wraps a server so that calls obey this worker's kills and freezes. */
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

  /** Kills or freezes the worker if that is planned before or after this call. */
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

  /** Resolves when the worker may run. Never resolves once it is dead. */
  async alive(): Promise<void> {
    if (this.#isDead) return never();
    if (this.#frozen !== undefined) {
      await this.#frozen.thawed;
      return this.alive();
    }
    return undefined;
  }
}
