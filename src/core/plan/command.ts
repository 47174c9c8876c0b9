import { split } from 'shlex';
import { ValueError } from '../../kernel/errors.ts';

/** Stand-ins while the library splits: it reads `$'...'` as bash does and drops escaped newlines; Python does neither. */
const dollar = '\ue000';
const newline = '\ue001';

/**
 * Splits a command as Python's `shlex.split` does (ecs-worker.md 7.3): the task's shell is never ours.
 * Throws ValueError `No closing quotation` or `No escaped character`.
 */
export function splitCommand(command: string): readonly string[] {
  const guarded = command
    .replaceAll('$', dollar)
    .replace(/\\([\s\S])/g, (escape: string, character: string) =>
      character === '\n' ? `\\${newline}` : escape,
    );
  let words: readonly string[];
  try {
    words = split(guarded);
  } catch (error) {
    throw new ValueError(/escape/i.test(String(error)) ? 'No escaped character' : 'No closing quotation', {
      cause: error,
    });
  }
  return words.map((word) => word.replaceAll(dollar, '$').replaceAll(newline, '\n'));
}
