import { z } from 'zod';
import { PrefectApiError } from '../../core/prefect/api-error.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';

const Token = z.object({ token: z.string(), expiration: z.string() });

interface Held {
  readonly token: string;
  readonly expiresAt: Date;
}

/** The CSRF token of one HTTP client: fetched before the first change, and again when it has expired (prefect-api.md 1.4). */
export class CsrfTokens {
  readonly #clientId: string;
  readonly #clock: Clock;
  #enabled: boolean;
  #held: Held | undefined;

  constructor(enabled: boolean, clock: Clock, random: Random) {
    this.#enabled = enabled;
    this.#clock = clock;
    this.#clientId = random.uuid();
  }

  forget(): void {
    this.#held = undefined;
  }

  /** The headers of a request that changes something. A server without CSRF switches it off for good. */
  async headers(
    get: (path: string) => Promise<{ readonly status: number; readonly text: string }>,
  ): Promise<Readonly<Record<string, string>>> {
    if (!this.#enabled) return {};
    if (this.#held === undefined || this.#held.expiresAt <= this.#clock.now()) {
      const path = `/csrf-token?client=${this.#clientId}`;
      const { status, text } = await get(path);
      if (status === 404 || (status === 422 && text.includes('CSRF protection is disabled.'))) {
        this.#enabled = false;
        return {};
      }
      if (status >= 400) throw new PrefectApiError({ status, method: 'GET', path, detail: undefined });
      const parsed = Token.parse(JSON.parse(text));
      this.#held = { token: parsed.token, expiresAt: new Date(parsed.expiration) };
    }
    return { 'Prefect-Csrf-Token': this.#held.token, 'Prefect-Csrf-Client': this.#clientId };
  }
}
