import { z } from 'zod';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/;
/** Measured durations and random values, which differ between two plays. */
const changing: readonly string[] = [
  'estimated_run_time',
  'total_run_time',
  'estimated_start_time_delta',
  'time_in_current_state',
  'checksum',
];

/** Replaces ids by numbers in their order of appearance. */
export function plain(text: string, words: Map<string, string>): string {
  return text.replaceAll(uuid, (id) => {
    const word = words.get(id) ?? `id-${words.size + 1}`;
    words.set(id, word);
    return word;
  });
}

/** The parts that must be equal: no ids, no times, and only the place of a validation error. */
export function comparable(value: unknown, words: Map<string, string>, key = ''): unknown {
  if (typeof value === 'string') return time.test(value) ? '<time>' : plain(value, words);
  if (Array.isArray(value)) {
    return value.map((item) =>
      key === 'exception_detail'
        ? z.looseObject({ loc: z.unknown() }).parse(item).loc
        : comparable(item, words),
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([name]) => !changing.includes(name) && name !== 'request_body',
  );
  return Object.fromEntries(
    entries
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, comparable(inner, words, name)]),
  );
}
