import { recordsPerPage } from '../../core/prefect/page.ts';
import { PrefectAnswerError } from '../../core/prefect/api-error.ts';
import { answerAtMost } from './answer-text.ts';

/** A page that was answered, or one record that alone exceeds the limit of an answer. */
export type SizedPage<T> =
  | { readonly kind: 'page'; readonly page: T; readonly size: number }
  | {
      readonly kind: 'too-large';
      readonly error: PrefectAnswerError;
      readonly id: string | undefined;
    };

/**
 * Twice as many records certainly fit if so few characters arrived: a character of JSON has up to
 * three bytes.
 */
const growsBelow = answerAtMost / 8;

/**
 * How many records are requested at once: a page, or fewer if large records would exceed an answer.
 * Remembered, so that not every page first fails once.
 */
export class PageSize {
  #size = recordsPerPage;

  /**
   * Requests smaller and smaller pages, down to one record. `ask` returns the length of the answer.
   */
  async sized<T>(
    ask: (size: number) => Promise<{ readonly page: T; readonly length: number }>,
  ): Promise<SizedPage<T>> {
    for (;;) {
      const size = this.#size;
      try {
        const { page, length } = await ask(size);
        if (length < growsBelow) this.#size = Math.min(recordsPerPage, size * 2);
        return { kind: 'page', page, size };
      } catch (error) {
        if (!(error instanceof PrefectAnswerError) || error.flaw.kind !== 'too-large') throw error;
        if (size === 1) return { kind: 'too-large', error, id: firstIdIn(error.flaw.beginning) };
        this.#size = Math.max(1, Math.floor(size / 2));
      }
    }
  }
}

/** A record of Prefect begins with its id. */
function firstIdIn(beginning: string): string | undefined {
  return /"id"\s*:\s*"([0-9a-f-]{36})"/i.exec(beginning)?.[1];
}
