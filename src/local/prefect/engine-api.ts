import type { EngineAnswer, EngineFetch } from './engine-fetch.ts';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';

const Result = z.looseObject({
  status: z.enum(['ACCEPT', 'REJECT', 'ABORT', 'WAIT']),
  state: z
    .looseObject({
      type: z.string(),
      name: z.string(),
      state_details: z.looseObject({ deployment_concurrency_lease_id: z.string().nullish() }),
    })
    .nullable(),
  details: z.looseObject({ delay_seconds: z.number().nullish() }),
});
export type ProposalResult = z.output<typeof Result>;

export const RunDocument = z.looseObject({
  deployment_id: z.string().nullish(),
  state_type: z.string().nullish(),
});

/** Prefect could not be reached or refused. The engine's process ends with an error. */
export class EngineApiError extends Error {
  override readonly name = 'EngineApiError';
}

export interface EngineApiOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: EngineFetch;
  readonly apiUrl: string;
  readonly authString?: string | undefined;
}

const retriedStatuses: readonly number[] = [408, 429, 502, 503];
const mostAttempts = 6;

/**
 * The client of the process in the container: its headers and its retries, without jitter
 * (prefect-api.md 1.2, 1.5).
 */
export class EngineApi {
  readonly #options: EngineApiOptions;

  constructor(options: EngineApiOptions) {
    this.#options = options;
  }

  async call(method: string, path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#once(method, path, body, signal);
      if (response !== undefined && !retriedStatuses.includes(response.status))
        return readAnswer(response, path);
      if (attempt >= mostAttempts)
        throw new EngineApiError(`${method} ${path} failed ${attempt} times`);
      const after = Number(response?.headers.get('retry-after') ?? 2 ** attempt);
      await this.#options.clock.sleep(after * 1000, signal);
    }
  }

  /**
   * Proposes, and waits as long as the server says. `transition_id` stays the same over the
   * repetitions of a proposal.
   */
  async propose(
    runId: string,
    state: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    force = false,
  ): Promise<ProposalResult> {
    for (;;) {
      const state_details = {
        ...(typeof state['state_details'] === 'object' && state['state_details']),
        flow_run_id: runId,
        transition_id: this.#options.random.uuid(),
      };
      const body = { state: { message: null, data: null, ...state, state_details }, force };
      const result = Result.parse(
        await this.call('POST', `/flow_runs/${runId}/set_state`, body, signal),
      );
      if (result.status !== 'WAIT') return result;
      await this.#options.clock.sleep((result.details.delay_seconds ?? 0) * 1000, signal);
    }
  }

  async #once(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<EngineAnswer | undefined> {
    const { fetch, apiUrl, authString } = this.#options;
    try {
      return await fetch(`${apiUrl}${path}`, {
        method,
        signal,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'prefect/3.8.8 (API 0.8.4)',
          'x-prefect-api-version': '0.8.4',
          ...(authString !== undefined && {
            authorization: `Basic ${Buffer.from(authString).toString('base64')}`,
          }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch {
      signal.throwIfAborted();
      return undefined; // a broken connection is retried
    }
  }
}

async function readAnswer(response: EngineAnswer, path: string): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new EngineApiError(`${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
