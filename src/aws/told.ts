import { AwsCallError } from '../core/diagnosis/aws-error.ts';

/**
 * The error for a success that does not contain what was asked for: the answer of a proxy or of a
 * failing service. The call may have had its effect.
 */
export function unreadableAnswer(operation: string, member: string): AwsCallError {
  const message = `AWS sent an answer to ${operation} that cannot be read: it has no ${member}`;
  return new AwsCallError({ code: 'UnreadableAnswer', message, operation });
}

/** Returns a member that every answer has. */
export function told<T>(value: T | null | undefined, operation: string, member: string): T {
  if (value === undefined || value === null) throw unreadableAnswer(operation, member);
  return value;
}

/**
 * Returns a list that every answer has, even when it is empty. A missing list must not be read as
 * "none": living tasks would look forgotten.
 */
export function toldList<T>(
  value: readonly T[] | undefined,
  operation: string,
  member: string,
): readonly T[] {
  // The SDK's types do not guarantee what an answer contains.
  if (!Array.isArray(value)) throw unreadableAnswer(operation, member);
  return value;
}

export function toldTexts(
  value: readonly unknown[] | undefined,
  operation: string,
  member: string,
): readonly string[] {
  return toldList(value, operation, member).filter((item) => typeof item === 'string');
}

/** A list with more pages than this has no end. */
const pagesAtMost = 1_000;

/** Reads all pages of a list, as long as each one names a next page. */
export async function allPages<T>(
  operation: string,
  ask: (
    token: string | undefined,
  ) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < pagesAtMost; pages += 1) {
    const { items, next } = await ask(token);
    found.push(...items);
    if (next === undefined || next === '') return found;
    if (next === token) throw unreadableAnswer(operation, 'next page');
    token = next;
  }
  throw unreadableAnswer(operation, `end after ${pagesAtMost} pages`);
}
