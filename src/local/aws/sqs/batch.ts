import { AwsError } from '../wire/aws-error.ts';

const mostEntries = 10;

/** The entries of a batch, or AWS's refusal of the whole batch. */
export function checkBatch<T extends { readonly Id: string }>(entries: readonly T[]): readonly T[] {
  const refuse = (code: string, message: string): never => {
    throw new AwsError(`com.amazonaws.sqs#${code}`, message);
  };
  if (entries.length === 0)
    return refuse('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > mostEntries) {
    return refuse(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${mostEntries}. You have sent ${entries.length}.`,
    );
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length)
    return refuse(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id)))
    return refuse(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores.',
    );
  return entries;
}

/** Handles each entry separately: a failing one does not stop the others. */
export function eachEntry<T extends { readonly Id: string }>(
  entries: readonly T[],
  work: (entry: T) => Record<string, unknown>,
): { readonly Successful: readonly unknown[]; readonly Failed: readonly unknown[] } {
  const Successful: unknown[] = [];
  const Failed: unknown[] = [];
  for (const entry of checkBatch(entries)) {
    try {
      Successful.push({ Id: entry.Id, ...work(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const Code = error.code.replace(/^.*#/, '');
      Failed.push({ Id: entry.Id, SenderFault: true, Code, Message: error.message });
    }
  }
  return { Successful, Failed };
}
