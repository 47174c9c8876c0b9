import type { Answer, HeaderFields } from '../message.ts';

/** What the engine reads of an answer. */
export interface EngineAnswer extends Pick<Answer, 'status' | 'ok' | 'text'> {
  readonly headers: Pick<HeaderFields, 'get'>;
}

/** The platform's `fetch`, or one that reaches a server in this process. */
export type EngineFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<EngineAnswer>;
