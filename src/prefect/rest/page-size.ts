import { recordsPerPage } from '../../core/prefect/page.ts';
import { PrefectAnswerError } from '../../core/prefect/api-error.ts';
import { answerAtMost } from './answer-text.ts';

/** A page of which an answer came, or one record alone that is larger than an answer may be. */
export type SizedPage<T> =
  | { readonly kind: 'page'; readonly page: T; readonly size: number }
  | {
      readonly kind: 'too-large';
      readonly error: PrefectAnswerError;
      readonly id: string | undefined;
    };

/**
 * Twice as many surely fit where so few characters came: a character of JSON has up to three bytes.
 */
const growsBelow = answerAtMost / 8;

/**
 * How many records are asked for at once: a page, or as few as an answer has room for where they
 * are large. Remembered, so that not every page is read in vain first.
 */
export class PageSize {
  #size = recordsPerPage;

  /**
   * Asks in smaller and smaller pages, down to one record. `ask` answers with the length of what
   * came.
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

/** A record of Prefect's begins with its id. */
function firstIdIn(beginning: string): string | undefined {
  return /"id"\s*:\s*"([0-9a-f-]{36})"/i.exec(beginning)?.[1];
}
