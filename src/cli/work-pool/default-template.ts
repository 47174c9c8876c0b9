import { writeFile } from 'node:fs/promises';
import { defaultBaseJobTemplate } from '../../core/prefect/base-job-template.ts';
import { toError } from '../../kernel/errors.ts';
import { CommandError, type CommandContext } from '../command-context.ts';

/**
 * Prints the template, or writes it to a file, as `prefect work-pool get-default-base-job-template`
 * does.
 */
export async function printDefaultTemplate(
  asked: { readonly type: string; readonly file?: string | undefined },
  context: CommandContext,
): Promise<number> {
  if (asked.type !== 'ecs') {
    throw new CommandError(`Unknown work pool type '${asked.type}'. Please choose from ecs.`);
  }
  const text = JSON.stringify(defaultBaseJobTemplate, undefined, 2);
  if (asked.file === undefined) {
    context.out.write(`${text}\n`);
    return 0;
  }
  try {
    await writeFile(asked.file, text);
  } catch (error) {
    throw new CommandError(
      `--file ${asked.file}: it cannot be written (${toError(error).message}).`,
      1,
      {
        cause: error,
      },
    );
  }
  return 0;
}
