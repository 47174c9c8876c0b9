import { PrefectAnswerError } from '../../core/prefect/api-error.ts';
import type { FlowRunFilter, FlowRunsAnswer } from '../../core/prefect/api-facts.ts';
import { FlowRun } from '../../core/prefect/flow-run.ts';
import { FlowRunHead } from '../../core/prefect/flow-run-head.ts';
import { firstPage, flowRunFilterBody, nextPage } from './filters.ts';
import type { PrefectHttp } from './http.ts';
import type { OddRecords } from './odd-records.ts';
import { PageSize } from './page-size.ts';
import { idOf, readList } from './reading.ts';

const path = '/flow_runs/filter';
/**
 * One is normal: a page begins at the time at which the previous one ended. Runs of one instant are
 * told apart by offset.
 */
const barrenAtMost = 3;

/** Lists flow runs in pages as large as an answer may be. */
export class FlowRunPages {
  readonly #http: PrefectHttp;
  readonly #odd: OddRecords;
  readonly #size = new PageSize();

  constructor(http: PrefectHttp, odd: OddRecords) {
    this.#http = http;
    this.#odd = odd;
  }

  /**
   * `filter` names at most a page of ids, or matches few runs. A run that cannot be read is
   * reported by its id and does not hide the others.
   */
  async read(filter: FlowRunFilter, signal: AbortSignal): Promise<FlowRunsAnswer> {
    const runs: FlowRun[] = [];
    const unreadable = new Map<string, Error>();
    let nameless: Error | undefined;
    const { ids } = filter;
    const count = ids?.length ?? 0;
    let at = 0;
    do {
      const sized = await this.#size.sized(async (size) => {
        const part = ids === undefined ? filter : { ...filter, ids: ids.slice(at, at + size) };
        const { answered, length } = await this.#ask(flowRunFilterBody(part), signal);
        const page = readList(FlowRun, answered, (record, words) => {
          const error = this.#oddRun(record, words);
          const id = idOf(record);
          if (id === undefined) nameless = error;
          else unreadable.set(id, error);
        });
        return { page, length };
      });
      if (sized.kind === 'page') runs.push(...sized.page);
      else unreadable.set(only(ids?.[at], sized.error), sized.error);
      at += sized.kind === 'page' ? sized.size : 1;
    } while (at < count);
    return { runs, unreadable, nameless };
  }

  /** Reads all pages. */
  async list(
    filter: FlowRunFilter,
    onHead: (head: FlowRunHead) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const seen = new Set<string>(); // the last run of a page is repeated as the first of the next
    let from = firstPage;
    let barren = 0; // consecutive full pages without a new run
    while (barren < barrenAtMost) {
      const sized = await this.#size.sized((size) =>
        this.#heads(flowRunFilterBody(filter, from, size), signal),
      );
      if (sized.kind === 'too-large') {
        this.#odd.tellOfRun(sized.id, sized.error.message);
        from = { ...from, offset: from.offset + 1 };
        continue;
      }
      const { heads, count } = sized.page;
      const known = seen.size;
      for (const head of heads) {
        if (!seen.has(head.id)) onHead(head);
        seen.add(head.id);
      }
      if (count < sized.size) return;
      barren = seen.size === known ? barren + 1 : 0;
      from = nextPage(from, { last: heads.at(-1)?.expectedStartTime, count });
    }
    throw flawed('its pages repeat themselves');
  }

  async #heads(body: unknown, signal: AbortSignal) {
    const { answered, length } = await this.#ask(body, signal);
    let odd = 0;
    const heads = readList(FlowRunHead, answered, (record, words) => {
      odd += 1;
      this.#odd.tellOfRun(idOf(record), words);
    });
    return { page: { heads, count: heads.length + odd }, length };
  }

  async #ask(body: unknown, signal: AbortSignal) {
    const request = { method: 'POST', path, body } as const;
    const answer = await this.#http.send(request, signal);
    return { answered: { ...answer, request }, length: answer.length };
  }

  #oddRun(record: unknown, words: string): PrefectAnswerError {
    this.#odd.tellOfRun(idOf(record), words);
    return flawed(words);
  }
}

/** The only run that was requested. */
function only(id: string | undefined, error: Error): string {
  if (id === undefined) throw error;
  return id;
}

function flawed(words: string): PrefectAnswerError {
  return new PrefectAnswerError({
    status: 200,
    method: 'POST',
    path,
    flaw: { kind: 'unreadable', words },
  });
}
