import { z } from 'zod';
import { PrefectAnswerError } from '../../core/prefect/api-error.ts';
import { mismatchWords } from '../../kernel/mismatch.ts';
import type { PrefectRequest } from './http.ts';

/** An answer's body and its request. */
export interface Answered {
  readonly body: unknown;
  readonly status: number;
  readonly request: Pick<PrefectRequest, 'method' | 'path'>;
}

/**
 * Reads an answer by its schema. Anything else means that Prefect is failing. It must never count
 * as a run's fault.
 */
export function readAs<T>(schema: z.ZodType<T>, { body, status, request }: Answered): T {
  try {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw unreadable(mismatchWords(body, parsed.error), { body, status, request });
  } catch (error) {
    if (error instanceof RangeError)
      throw unreadable('it is nested too deeply', { body, status, request });
    throw error;
  }
}

function unreadable(words: string, { status, request }: Answered): PrefectAnswerError {
  const { method, path } = request;
  return new PrefectAnswerError({ status, method, path, flaw: { kind: 'unreadable', words } });
}

const List = z.array(z.unknown());

/**
 * Reads a list of records and skips those that do not fit: one odd record must not hide the others.
 */
export function readList<T>(
  schema: z.ZodType<T>,
  answered: Answered,
  onOdd: (record: unknown, words: string) => void,
): T[] {
  return readAs(List, answered).flatMap((record) => {
    try {
      return [readAs(schema, { ...answered, body: record })];
    } catch (error) {
      if (!(error instanceof PrefectAnswerError) || error.flaw.kind !== 'unreadable') throw error;
      onOdd(record, error.flaw.words);
      return [];
    }
  });
}

const Named = z.object({ id: z.string() });

/** The id of an odd record, if it has one. */
export function idOf(record: unknown): string | undefined {
  return Named.safeParse(record).data?.id;
}
