import { z } from 'zod';
import { PrefectAnswerError, PrefectApiError } from '../../core/prefect/api-error.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { parsedBody } from './answer-body.ts';

const Token = z.object({ token: z.string(), expiration: z.string().nullish().catch(undefined) });

/**
 * The life of a token whose answer names no expiration: the server's default (prefect-api.md 1.4).
 */
const usualLifeMs = 3_600_000;

interface Held {
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * The CSRF token of one HTTP client. Fetched before the first request that changes something, and
 * again when it has expired (prefect-api.md 1.4).
 */
export class CsrfTokens {
  readonly #clientId: string;
  readonly #clock: Clock;
  readonly #isSupported: boolean;
  #enabled: boolean;
  #held: Held | undefined;

  constructor(enabled: boolean, clock: Clock, random: Random) {
    this.#isSupported = enabled;
    this.#enabled = enabled;
    this.#clock = clock;
    this.#clientId = random.uuid();
  }

  /**
   * Whether a new token would resolve this refusal: the server forgot the old one, or now requires
   * one.
   */
  healsRefusal(text: string): boolean {
    const isStale = text.includes('Invalid CSRF token');
    const isWanted = this.#isSupported && !this.#enabled && text.includes('Missing CSRF token');
    if (!isStale && !isWanted) return false;
    this.#held = undefined;
    this.#enabled = this.#isSupported;
    return true;
  }

  /**
   * The headers of a request that changes something. A server without CSRF turns this off until one
   * requires it.
   */
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
      if (status >= 400)
        throw new PrefectApiError({ status, method: 'GET', path, detail: undefined });
      this.#held = heldOf(text, { status, path, now: this.#clock.now() });
    }
    return { 'Prefect-Csrf-Token': this.#held.token, 'Prefect-Csrf-Client': this.#clientId };
  }
}

function heldOf(
  text: string,
  { status, path, now }: { status: number; path: string; now: Date },
): Held {
  const { data } = Token.safeParse(parsedBody(text));
  if (data === undefined) {
    const flaw = { kind: 'unreadable', words: 'it has no CSRF token' } as const;
    throw new PrefectAnswerError({ status, method: 'GET', path, flaw });
  }
  const expiresMs = Date.parse(data.expiration ?? '');
  const isTold = !Number.isNaN(expiresMs);
  return {
    token: data.token,
    expiresAt: new Date(isTold ? expiresMs : now.getTime() + usualLifeMs),
  };
}
