import { AwsCallError } from '../core/diagnosis/aws-error.ts';

/**
 * A success that says nothing of what was asked: of a proxy, or of a service that is ill. It may
 * have been done.
 */
export function unreadableAnswer(operation: string, member: string): AwsCallError {
  const message = `AWS sent an answer to ${operation} that cannot be read: it has no ${member}`;
  return new AwsCallError({ code: 'UnreadableAnswer', message, operation });
}

/** A member that every answer has. */
export function told<T>(value: T | null | undefined, operation: string, member: string): T {
  if (value === undefined || value === null) throw unreadableAnswer(operation, member);
  return value;
}

/** A list that every answer has, also an empty one: its absence is not "none". */
export function toldList<T>(
  value: readonly T[] | undefined,
  operation: string,
  member: string,
): readonly T[] {
  // What comes off a wire is not always what the SDK declares.
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

/** Pages that follow each other without end are none. */
const pagesAtMost = 1_000;

/** All pages of a list: as long as each names another one behind it. */
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
