import type { Clock } from '../../src/kernel/clock.ts';
import type { RequestHandler } from '../../src/local/index.ts';
import type { LocalRequest } from '../../src/local/message.ts';

/** Where a worker dies: at its nth outside call, before the call leaves, or after its work was done and not answered. */
export interface KillPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/**
 * All that one worker has of the world: clock and network. Killing it is as hard as SIGKILL: from that instant nothing
 * of it gets out, and nothing answers it. Freezing it is SIGSTOP.
 */
export class Outside {
  readonly clock: Clock;
  /** Outside calls by name, in order; the names are those of the servers. */
  readonly calls: string[] = [];
  readonly #killAt: KillPoint | undefined;
  readonly #cuts: (() => void)[] = [];
  #isDead = false;
  #frozen: { readonly thawed: Promise<void>; thaw(): void } | undefined;

  constructor(clock: Clock, killAt?: KillPoint, skewMs = 0) {
    this.#killAt = killAt;
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
      this.calls.push(nameOf(request));
      const isFatal = this.#killAt?.call === this.calls.length;
      if (isFatal && this.#killAt?.when === 'before') this.kill();
      await this.alive();
      const answered = server(request);
      if (!isFatal) {
        const answer = await answered.then(
          (response) => ({ response }),
          (error: unknown) => ({ error }),
        );
        await this.alive();
        if ('error' in answer) throw answer.error;
        return answer.response;
      }
      await answered.catch(() => undefined);
      this.kill();
      return never();
    };
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
