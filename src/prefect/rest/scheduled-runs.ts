import { recordsPerPage } from '../../core/prefect/page.ts';
import { z } from 'zod';
import { PrefectApiError, type PrefectAnswerError } from '../../core/prefect/api-error.ts';
import type {
  ScheduledFlowRun,
  ScheduledPage,
  ScheduledQuery,
} from '../../core/prefect/api-facts.ts';
import { FlowRun } from '../../core/prefect/flow-run.ts';
import { spareText } from '../../core/prefect/lenient-wire.ts';
import type { State } from '../../core/prefect/state.ts';
import type { PrefectHttp } from './http.ts';
import type { OddRecords } from './odd-records.ts';
import { PageSize } from './page-size.ts';
import { idOf, readList } from './reading.ts';

const ScheduledRun = z
  .object({ work_queue_id: spareText, flow_run: FlowRun })
  .transform((wire): ScheduledFlowRun<FlowRun> => ({
    workQueueId: wire.work_queue_id,
    flowRun: wire.flow_run,
  }));

const WithRun = z.object({ flow_run: z.unknown().optional() });

/** What a poll needs of the API. */
export interface PollPorts {
  readonly http: PrefectHttp;
  readonly odd: OddRecords;
  readonly readStateHistory: (flowRunId: string, signal: AbortSignal) => Promise<readonly State[]>;
}

/** Polls in pages as large as an answer may be. */
export class ScheduledRuns {
  readonly #ports: PollPorts;
  readonly #size = new PageSize();

  constructor(ports: PollPorts) {
    this.#ports = ports;
  }

  async read(query: ScheduledQuery, signal: AbortSignal): Promise<ScheduledPage<FlowRun>> {
    let { scheduledAfter } = query;
    for (;;) {
      const asked = { ...query, scheduledAfter };
      const sized = await this.#size.sized((size) => this.#ask(asked, size, signal));
      if (sized.kind === 'page') {
        const { runs, count } = sized.page;
        return { runs, isCut: count >= sized.size && sized.size < recordsPerPage };
      }
      scheduledAfter = await this.#behind(sized, signal);
    }
  }

  /**
   * The time after which to look for runs behind one that is too large to read. Its history is
   * small and shows when it is due.
   */
  async #behind(
    { id, error }: { readonly id: string | undefined; readonly error: PrefectAnswerError },
    signal: AbortSignal,
  ): Promise<string> {
    this.#ports.odd.tellOfRun(id, error.message);
    if (id === undefined) throw error;
    const history = await this.#ports.readStateHistory(id, signal);
    const due = history.findLast(({ type }) => type === 'SCHEDULED')?.details['scheduled_time'];
    const dueMs = Date.parse(String(due));
    if (Number.isNaN(dueMs)) throw error;
    return new Date(dueMs + 1).toISOString(); // times are requested as "from then on"
  }

  async #ask(query: ScheduledQuery, size: number, signal: AbortSignal) {
    const { workPoolName, workQueueNames, scheduledBefore, scheduledAfter } = query;
    const request = {
      method: 'POST',
      path: `/work_pools/${encodeURIComponent(workPoolName)}/get_scheduled_flow_runs`,
      body: {
        ...(workQueueNames.length > 0 && { work_queue_names: workQueueNames }),
        ...(scheduledBefore !== undefined && { scheduled_before: scheduledBefore.toISOString() }),
        ...(scheduledAfter !== undefined && { scheduled_after: scheduledAfter }),
        ...(size < recordsPerPage && { limit: size }),
      },
    } as const;
    const answer = await this.#ports.http.send(request, signal).catch((error: unknown) => {
      if (error instanceof PrefectApiError && error.status === 404) return undefined;
      throw error;
    });
    // the pool, or a queue of that name, does not exist
    if (answer === undefined) return { page: { runs: [], count: 0 }, length: 0 };
    let odd = 0;
    const runs = readList(ScheduledRun, { ...answer, request }, (record, words) => {
      odd += 1;
      this.#ports.odd.tellOfRun(idOf(WithRun.safeParse(record).data?.flow_run), words);
    });
    return { page: { runs, count: runs.length + odd }, length: answer.length };
  }
}
